"""The page on faults has each fault of the chat once, with the cause that it is found as."""

from __future__ import annotations

import re
from pathlib import Path

from hangup.chat.faults import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "why-your-agent-chat-dies.md"
ROW = re.compile(r"^\| `([\w-]+)` \|.*\| `([\w.-]+)` \|$", re.MULTILINE)


def test_each_fault_stands_there_with_its_cause() -> None:
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert sorted(rows) == sorted((fault.name, fault.causes[0]) for fault in FAULTS.values())


def test_the_modules_that_it_names_are_there() -> None:
    named = re.findall(r"`(hangup/[\w/]+\.py)`", PAGE.read_text("utf-8"))
    assert named
    assert [name for name in named if not (PAGE.parents[2] / "src" / name).is_file()] == []
