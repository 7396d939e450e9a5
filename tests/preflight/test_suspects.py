"""A diagnosis beside the code names the lines that fit its verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from preflight_reading import read

from hangup.__main__ import main
from hangup.preflight.rules import BY_ID
from hangup.preflight.suspects import suspects

FAULTS = Path(__file__).parents[2] / "src" / "hangup" / "chat" / "faults"


def test_the_studied_incident_is_named_by_file_and_line(
    start_server: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = start_server("uvicorn", "hangup.lab.apps.chat:incident")
    assert main([url, "--token", "long-enough", "-q", "--json", "--code", str(FAULTS)]) == 1
    first = json.loads(capsys.readouterr().out)["next_steps"][0]
    line = (
        (FAULTS / "authentication.py")
        .read_text("utf-8")
        .splitlines()
        .index("            now = time.monotonic()  # type: ignore[name-defined]")
    )
    assert f"authentication.py:{line + 1}: The name 'time' exists nowhere" in first


def test_only_what_fits_the_causes_is_a_suspect(tmp_path: Path) -> None:
    look = read(
        tmp_path,
        close=BY_ID["ws-reserved-close-code"].bad,
        sleep=BY_ID["ws-blocking-call"].bad,
    )
    fitting = suspects(look, ("capacity.loop-blocked",))
    assert [each.rule for each in fitting] == ["ws-blocking-call"]


def test_the_likeliest_cause_comes_first(tmp_path: Path) -> None:
    look = read(
        tmp_path,
        close=BY_ID["ws-reserved-close-code"].bad,
        sleep=BY_ID["ws-blocking-call"].bad,
    )
    fitting = suspects(look, ("capacity.loop-blocked", "session.invalid-close-code"))
    assert [each.rule for each in fitting] == ["ws-blocking-call", "ws-reserved-close-code"]
