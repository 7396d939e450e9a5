"""What the documentation tells people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from doc_pages import PAGES, ROOT, commands_of, name_of

from hangup.cli.app import COMMANDS, OWN_OPTIONS, app, with_command
from hangup.demo.worlds import WORLDS

CALLS = [(page, args) for page in PAGES for args in commands_of(page, "hangup")]
MAKES = [(page, args) for page in PAGES for args in commands_of(page, "make")]
DEMOS = [world.name for world in WORLDS]


def parsed(args: list[str]) -> click.Context:
    """Parse a call as the program does, and run nothing."""
    name, *rest = with_command(args)
    context = click.Context(app, info_name="hangup", **app.context_settings)
    command = app.get_command(context, name)
    assert command, f"there is no command {name}"
    return command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(
    ("page", "args"), CALLS, ids=[f"{name_of(page)}: {' '.join(args)}" for page, args in CALLS]
)
def test_a_call_can_be_parsed(page: Path, args: list[str]) -> None:
    if args[0] in OWN_OPTIONS:
        return
    context = parsed(args)
    named = context.params.get("names") or ()
    assert [name for name in named if name not in DEMOS] == []


def test_the_readme_calls_every_command() -> None:
    called = {with_command(args)[0] for page, args in CALLS if page == ROOT / "README.md"}
    assert called >= set(COMMANDS)


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    wanted = {word for _, args in MAKES for word in args if "=" not in word}
    assert "test" in wanted
    assert wanted <= targets


def test_the_exit_statuses_of_the_readme_are_those_of_the_program() -> None:
    from hangup.cli.failing import BUG, INCONCLUSIVE, INTERRUPTED, USAGE
    from hangup.cli.output import STATUS

    readme = (ROOT / "README.md").read_text("utf-8")
    rows = {int(status) for status in re.findall(r"^\| (\d+) \|", readme, re.M)}
    assert rows == {*STATUS.values(), USAGE, INCONCLUSIVE, BUG, INTERRUPTED}
