"""The generated pages are what the code says now, and nothing is missing in them."""

from __future__ import annotations

import typing

import build_reference
import click
import pytest
from doc_pages import ROOT

from hangup.causes import CAUSES
from hangup.cli.app import COMMANDS, app
from hangup.event import Event
from hangup.expectations import BEHAVIOURS
from hangup.preflight.rules import RULES
from hangup.signs import SIGNS

REFERENCE = ROOT / "docs" / "reference"
PAGES = (
    "causes.md",
    "signs.md",
    "events.md",
    "options.md",
    "cases.md",
    "servers.md",
    "preflight.md",
    "json.md",
    "thresholds.md",
)


def read(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    current = build_reference.pages()[name]
    assert read(name) == current, "run: python docs/build_reference.py"


def test_what_else_is_generated_is_current() -> None:
    for path, text in build_reference.others().items():
        assert path.read_text("utf-8") == text, "run: python docs/build_reference.py"


def test_no_other_page_is_generated() -> None:
    assert set(build_reference.pages()) == set(PAGES)


def test_every_cause_has_its_entry() -> None:
    page = read("causes.md")
    assert [c.id for c in CAUSES if f"\n### {c.id}\n" not in page] == []


def test_the_readme_counts_what_cannot_be_tested() -> None:
    untested = sum(bool(cause.untestable) for cause in CAUSES)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"{untested} of the {len(CAUSES)} causes" in readme


def test_every_sign_has_its_entry_with_all_its_answers() -> None:
    page = read("signs.md")
    entries = {s.name: page.partition(f"\n### {s.name}\n")[2].partition("\n###")[0] for s in SIGNS}
    missing = [(s.name, v) for s in SIGNS for v in s.values if f"`{v}`" not in entries[s.name]]
    assert missing == []


def test_every_event_has_its_entry_with_all_its_fields() -> None:
    page = read("events.md")
    for kind in typing.get_args(Event):
        entry = page.partition(f"\n## {kind.__struct_config__.tag}\n")[2].partition("\n## ")[0]
        shared = ("at", "vantage")
        fields = [field for field in kind.__struct_fields__ if field not in shared]
        assert [field for field in fields if f"| `{field}` |" not in entry] == [], kind


def test_every_behaviour_of_a_server_has_its_column() -> None:
    page = read("servers.md")
    assert [words for words in BEHAVIOURS.values() if f" {words} |" not in page] == []


def test_every_rule_of_preflight_has_its_entry_with_both_examples() -> None:
    page = read("preflight.md")
    entries = {r.id: page.partition(f"\n## {r.id}\n")[2].partition("\n## ")[0] for r in RULES}
    missing = [r.id for r in RULES for c in (r.bad, r.good) if c.strip() not in entries[r.id]]
    assert missing == []


def test_every_option_has_its_entry() -> None:
    page = read("options.md")
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command
        entry = page.partition(f"\n## hangup {name}\n")[2].partition("\n## ")[0]
        options = [p for p in command.params if isinstance(p, click.Option)]
        assert [o.opts for o in options if f"| `{', '.join(o.opts)}" not in entry] == [], name
