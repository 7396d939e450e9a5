"""What real servers write of a failed connection is an incident, and its access line counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import found_in
from served import NOISY, call, serving

from hangup.incident import IncidentGroup
from hangup.logs.reading import Logs

CLOSING = ["uvicorn", "hypercorn", "granian"]
"""Those that let an application close with 1011; daphne's library raises over it."""


def logged(
    folder: Path, name: str, handles: str, calls: int = 2
) -> tuple[list[IncidentGroup], Logs]:
    with serving(folder, name, handles) as url:
        for _ in range(calls):
            call(url)
    return found_in((folder / "server.log").read_bytes())


@pytest.mark.parametrize("name", NOISY)
def test_an_exception_that_nobody_catches_is_one_incident(name: str, tmp_path: Path) -> None:
    groups, _ = logged(tmp_path, name, "not")
    assert [(g.count, g.example.exception, g.example.phase) for g in groups] == [
        (2, "NameError", "auth")
    ]
    assert groups[0].example.frame == f"{tmp_path}/auth.py:2 in check_token"


@pytest.mark.parametrize("name", CLOSING)
def test_an_exception_that_the_application_logs_is_one_incident(name: str, tmp_path: Path) -> None:
    groups, _ = logged(tmp_path, name, "with a traceback")
    assert [(g.count, g.example.message) for g in groups] == [(2, "name 'time' is not defined")]
    assert groups[0].first_seen > 0


@pytest.mark.parametrize("name", CLOSING)
def test_an_exception_in_one_line_is_told_to_be_missing_its_traceback(
    name: str, tmp_path: Path
) -> None:
    groups, logs = logged(tmp_path, name, "in one line")
    assert groups == []
    assert "without its traceback" in logs.missing.sentences()[0]


@pytest.mark.parametrize("name", ["uvicorn", "hypercorn", "daphne"])
def test_upgrades_are_counted(name: str, tmp_path: Path) -> None:
    _, logs = logged(tmp_path, name, "with a traceback", calls=3)
    assert {path: dict(c.statuses) for path, c in logs.access.websockets().items()} == {
        "/ws": {101: 3}
    }


def test_a_close_that_the_server_refuses_is_an_incident_too(tmp_path: Path) -> None:
    groups, _ = logged(tmp_path, "daphne", "with a traceback")
    assert {g.example.message for g in groups} == {
        "name 'time' is not defined",
        "invalid close code 1011 (must be 1000 or from [3000, 4999])",
    }
