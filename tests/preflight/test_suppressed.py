"""Comments exempt what they name, and are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from preflight_reading import found, read

from hangup.preflight.rules import BY_ID

CLOSE = BY_ID["ws-reserved-close-code"].bad.rstrip()
SLEEP = BY_ID["ws-blocking-call"].bad
NAME = BY_ID["py-undefined-name"].bad


@pytest.mark.parametrize(
    "comment",
    [
        "# hangup: ignore[ws-reserved-close-code]",
        "# hangup: ignore[ws-close-twice, ws-reserved-close-code]",
        "# hangup: ignore",
        "# noqa",
    ],
)
def test_a_comment_exempts_its_line_and_is_counted(tmp_path: Path, comment: str) -> None:
    look = read(tmp_path, app=f"{CLOSE}  {comment}\n")
    assert look.findings == ()
    assert look.suppressed == 1


@pytest.mark.parametrize("comment", ["# hangup: ignore[ws-close-twice]", "# noqa: S101", "# why"])
def test_a_comment_for_something_else_exempts_nothing(tmp_path: Path, comment: str) -> None:
    assert found(tmp_path, app=f"{CLOSE}  {comment}\n") == [("ws-reserved-close-code", 9)]


def test_a_code_of_ruff_exempts_the_rule_that_it_finds(tmp_path: Path) -> None:
    text = SLEEP.replace("time.sleep(8)", "time.sleep(8)  # noqa: ASYNC251")
    assert found(tmp_path, app=text) == []


def test_an_exempted_file_keeps_its_undefined_names(tmp_path: Path) -> None:
    rules = [rule for rule, _ in found(tmp_path, app=f"# ruff: noqa\n{NAME}")]
    assert rules == ["py-undefined-name"]


def test_an_exempted_file_keeps_nothing_else_of_ruff(tmp_path: Path) -> None:
    text = BY_ID["py-format-fails"].bad
    assert found(tmp_path, app=f"# ruff: noqa\n{text}") == []
