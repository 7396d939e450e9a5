"""The schema of plans says what their reader says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import test_plan_files
import test_plan_holds
import test_plan_outcomes
import test_plan_refused
import yaml
from jsonschema import Draft202012Validator

from hangup.errors import DocumentError
from hangup.plan import (
    parse_plan,
    read,
    read_check,
    read_holds,
    read_steps,
    read_tasks,
    schema,
    users,
)

SCHEMA = schema.plan_schema()
VALID = Draft202012Validator(SCHEMA)
PAGES = Path(__file__).parents[2] / "docs"
SOURCE = str(Path(__file__).parent / "plan.yaml")
SETTINGS = {"URL": "ws://127.0.0.1:9/ws"}
STRUCTURE = (
    "unknown key",
    "is missing",
    "has no '",
    "is empty",
    "takes text",
    "takes a whole number",
    "exactly one",
    "names no",
    "must be a list",
    "true or false",
    "more than 0",
    "belongs to",
    "means nothing beside",
)
"""What a reader says of mistakes that a schema can see."""
UNSEEN = ("unknown variable", "names an 'endpoint'")
"""What it says in like words of mistakes that no schema can see."""
OF_PLANS = {
    "setup", "teardown", "impact", "holds", "alike", "call", "oauth", "stream", "until", "first",
    "gap", "at-least", "number", "rate", "keep", "reconnect", "beside",
}  # fmt: skip


def of_pages() -> Iterator[str]:
    for page in sorted(PAGES.rglob("*.md")):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            if "phases:" in block:
                yield block


def of_tests() -> Iterator[str]:
    checks = {name: keys for name, (_, _, keys) in test_plan_outcomes.CHECKS.items()}
    yield test_plan_outcomes.plan_of(checks)
    yield from (test_plan_files.one(f"holds: {{{keys}}}") for keys in test_plan_holds.HOLDS)
    yield from test_plan_files.WRONG
    yield from test_plan_refused.WRONG


PLANS = [*of_pages(), *of_tests()]


def refused(text: str) -> str:
    try:
        parse_plan(text, SOURCE, None, SETTINGS)
    except DocumentError as exc:
        return exc.why
    return ""


@pytest.mark.parametrize("text", PLANS)
def test_reader_and_schema_agree(text: str) -> None:
    why, faults = refused(text), list(VALID.iter_errors(yaml.safe_load(text)))
    if not why:
        assert faults == []
    elif any(words in why for words in STRUCTURE) and not any(words in why for words in UNSEEN):
        assert faults != [], why


@pytest.mark.parametrize("text", [*of_pages()])
def test_the_plans_of_the_pages_fit(text: str) -> None:
    assert list(VALID.iter_errors(yaml.safe_load(text))) == []


def test_plans_of_all_kinds_are_held_against_it() -> None:
    assert sum(not refused(text) for text in PLANS) > 15
    assert sum(bool(refused(text)) for text in PLANS) > 50


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (read.KEYS, None),
        (read.PHASE, "phase"),
        (read_check.KEYS, "check"),
        ((*read_steps.VERBS, *read_steps.WITH), "step"),
        (users.KEYS, "user"),
        (users.SOURCES, "secret"),
        ((*read_tasks.VERBS, *read_tasks.BESIDE), "task"),
        (read_tasks.REQUEST, "request"),
        (read_holds.KEYS, "holds"),
    ],
)
def test_every_key_that_is_read_is_in_the_schema(keys: tuple[str, ...], name: str | None) -> None:
    described = SCHEMA["$defs"][name] if name else SCHEMA
    assert described["properties"].keys() == set(keys)


def test_every_key_of_plans_has_a_shape() -> None:
    shapes = (schema._TOP, schema._CHECK, schema._STEP, schema._SECRET)
    assert {key for shape in shapes for key in shape} >= OF_PLANS


def test_the_schema_is_one_and_is_printed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    command = [sys.executable, "-m", "hangup", "test", "--schema"]
    done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout) == SCHEMA


def test_without_a_plan_the_command_says_what_is_missing() -> None:
    command = [sys.executable, "-m", "hangup", "test"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "hangup: Missing argument 'PLAN'.\n")
