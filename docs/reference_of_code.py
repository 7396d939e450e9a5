"""The pages of the reference that are read off the code: what a trace holds, what commands take."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Iterator

import click
from msgspec import NODEFAULT, Struct

from hangup import event
from hangup.certificate import Certificate
from hangup.chat.faults import FAULTS
from hangup.cli.app import COMMANDS, app
from hangup.demo.worlds import WORLDS as DEMOS
from hangup.event import Event, Occurrence
from hangup.lab.subjects import SUBJECTS
from hangup.lab.worlds import WORLDS
from hangup.load.quantities import QUANTITIES
from hangup.trace import Trace


def markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Give the lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def events() -> Iterator[str]:
    """Give the lines of the page of events, from their types."""
    kinds: tuple[type[Occurrence], ...] = typing.get_args(Event)
    yield (
        "A trace is one line of NDJSON: what happened on one connection. `--save` writes traces, "
        "`hangup judge` reads them. Fields that have their default value are left out; bytes are "
        "base64. `schema` is `hangup.trace/1`, and `event` names the kind of an event. The JSON "
        "Schema of a diagnosis is in [diagnosis.schema.json](diagnosis.schema.json)."
    )
    yield ""
    yield "## Trace"
    yield ""
    yield from _struct(Trace)
    yield "## Fields of every event"
    yield ""
    yield from _struct(Occurrence)
    for kind in kinds:
        yield f"## {kind.__struct_config__.tag}"
        yield ""
        yield from _struct(kind)
    yield "## Types"
    yield ""
    yield f"- `Vantage`: {_alternatives(event.Vantage)}"
    yield f"- `Opcode`: {_alternatives(event.Opcode)}"
    yield f"- `Told`: {_alternatives(event.Told)}"
    yield "- `Header`: a pair of name and value"
    yield "- `Certificate`: as follows"
    yield ""
    yield from _struct(Certificate)


def _alternatives(literal: object) -> str:
    return ", ".join(f"`{value}`" for value in typing.get_args(literal))


def _struct(kind: type[Struct]) -> Iterator[str]:
    yield inspect.cleandoc(kind.__doc__ or "")
    yield ""
    own: dict[str, str] = inspect.get_annotations(kind)
    # Defaults belong to the last fields.
    names, defaults = kind.__struct_fields__, kind.__struct_defaults__
    optional = dict(zip(reversed(names), reversed(defaults), strict=False))
    rows = ((f"`{n}`", f"`{t}`", _default(n, optional)) for n, t in own.items())
    if own:
        yield from markdown_table(("field", "type", "default"), rows)


def _default(name: str, optional: dict[str, object]) -> str:
    if optional.get(name, NODEFAULT) is NODEFAULT:
        return "always there"
    return f"`{optional[name]!r}`"


def options() -> Iterator[str]:
    """Give the lines of the page of options, from the commands."""
    yield (
        "`hangup URL` is short for `hangup diagnose URL`. Every command has `-h, --help`. An "
        "option that is not given is taken from its environment variable; of a repeatable one "
        "each line of the variable is a value."
    )
    yield ""
    root = click.Context(app, info_name="hangup", **app.context_settings)
    for name, purpose in COMMANDS.items():
        command = app.get_command(root, name)
        assert command
        context = click.Context(command, info_name=name, parent=root, **command.context_settings)
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"## hangup {name}"
        yield ""
        yield purpose
        yield ""
        yield f"    hangup {name} {usage}"
        yield ""
        taken = [p for p in command.params if isinstance(p, click.Option)]
        rows = (_option(option, context) for option in taken)
        yield from markdown_table(("option", "meaning", "variable", "default"), rows)


def _option(option: click.Option, context: click.Context) -> tuple[str, ...]:
    name = ", ".join(option.opts)
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    variable = f"{context.auto_envvar_prefix}_{(option.name or '').upper()}"
    return (
        f"`{name}{value}`",
        option.help or "",
        f"`{variable}`" if option.allow_from_autoenv else "none",
        _option_default(option, context),
    )


def _option_default(option: click.Option, context: click.Context) -> str:
    default = option.get_default(context)
    if option.is_flag:
        return "off"
    plain = isinstance(default, str | int | float)
    return f"`{default}`" if plain else "none; repeatable" if option.multiple else "none"


def known_names() -> dict[str, list[str]]:
    """Give what shells complete, by command and parameter, of what is slow to import."""
    return {
        "demo names": [world.name for world in DEMOS],
        "chat fault": list(FAULTS),
        "lab run name": sorted(world.name for world in WORLDS),
        "lab expect servers": list(SUBJECTS),
    }


def thresholds() -> Iterator[str]:
    """Give the lines of the page of conditions, from what a run can be judged by."""
    yield (
        "`hangup load --fail-if CONDITION` counts a run as failed where the condition holds: a "
        "name, one of `>` `>=` `<` `<=` `==`, and a number with its unit, such as `p99>250ms`, "
        "`failed>1%`, `closed.1011>0`. Where the run has no value for the name, since no message "
        "was measured, say, it has failed too: a check that cannot tell is no pass."
    )
    yield ""
    yield (
        "A percentage is of the connections that arrived, of the messages sent, or, for a "
        "`drift`, of its value in the first quarter of the run."
    )
    yield ""
    rows = ((f"`{q.name}`", q.means, ", ".join(u or "none" for u in q.units)) for q in QUANTITIES)
    yield from markdown_table(("name", "what it is", "units"), rows)
