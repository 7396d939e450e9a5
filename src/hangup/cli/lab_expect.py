"""What servers do on the wire, measured and held against the table that hangup ships with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.failing import tell
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.expectations import Cell, Server
    from hangup.lab.expecting import Difference, Measurement


@click.command(context_settings=CONTEXT)
@click.argument("servers", nargs=-1, metavar="[SERVER]...")
@click.option("--write", is_flag=True, help="Renew the table with what was measured.")
@click.option("--json", is_flag=True, help="Print what was measured as JSON.")
def expect(servers: tuple[str, ...], write: bool, json: bool) -> int:
    """Measure what each SERVER, all without one, does on the wire; print what has changed.

    Exit status 0 when it is as the table says, 1 when not.
    """
    from hangup.expectations import FILE, dump, table  # here: other commands do without the lab
    from hangup.lab.expecting import confirmed, differences, measure, newer, renewed

    known = table()
    measured = measure(_named(servers), told=lambda name: tell(f"{name} done\n"))
    measured = confirmed(measured, known)
    changed, other = differences(measured.table, known), newer(measured.table, known)
    lines = [*(_version(*each) for each in other), *map(_change, changed)]
    click.echo(_json(measured) if json else _text(measured, lines))
    if write:
        FILE.write_bytes(dump(renewed(measured.table, known)))
    return 1 if lines and not write else 0


def _named(servers: tuple[str, ...]) -> tuple[str, ...]:
    from hangup.lab.subjects import SUBJECTS  # here: as above

    for name in servers:
        if name not in SUBJECTS:
            raise UsageError(f"SERVER: no server named {name!r}; there are {', '.join(SUBJECTS)}")
    return servers or tuple(SUBJECTS)


def _json(measured: Measurement) -> str:
    return msgspec.json.format(msgspec.json.encode(measured), indent=2).decode()


def _text(measured: Measurement, changes: list[str]) -> str:
    missing = [f"not measured here: {n}: {why}" for n, why in sorted(measured.missing.items())]
    count = f"{len(measured.table.cells)} cells measured, {len(changes)} differences"
    return "\n".join([*missing, *changes, count])


def _version(was: Server, now: Server) -> str:
    return f"{now.name}\n    was {', '.join(was.versions)}\n    now {', '.join(now.versions)}"


def _change(change: Difference) -> str:
    where = f"{change.server}, {change.behaviour}"
    return f"{where}\n    was {_words(change.was)}\n    now {_words(change.now)}"


def _words(cell: Cell | None) -> str:
    if cell is None:
        return "nothing"
    parts = (cell.ending, str(cell.code or ""), repr(cell.reason) if cell.reason else "")
    more = (cell.who, cell.body and f"body {cell.body}", cell.within)
    return " ".join(part for part in (*parts, *more) if part)
