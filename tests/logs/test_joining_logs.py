"""`diagnose --logs` fills the incident from what the log gained during the run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from planted import by_logging
from served import serving

from hangup.__main__ import main
from hangup.diagnosis import Diagnosis, EndpointSeen
from hangup.errors import UsageError
from hangup.event import RequestSent
from hangup.logs.joining import join_logs, remember
from hangup.trace import Trace

BEGAN = datetime(2026, 11, 25, 17, 27, 19, tzinfo=UTC).timestamp()
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STACK = (
    "Traceback (most recent call last):\n"
    '  File "/srv/app/auth.py", line 2, in check_token\n    return time.monotonic()\n'
    "{error}: said\n"
)


def trace(**headers: str) -> Trace:
    asked = RequestSent(
        at=0.1, method="GET", target="/ws", headers=tuple(headers.items()), upgrade=True
    )
    return Trace(id="t1", experiment="baseline", url="ws://h/ws", began=BEGAN, events=(asked,))


def undecided(verdict: str = "fault") -> Diagnosis:
    return Diagnosis(
        endpoint=EndpointSeen(url="ws://h/ws"),
        verdict=verdict,  # type: ignore[arg-type]
        layer=None,
        cause=None,
        confidence=0.5,
        summary="",
        alternatives=(),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=(),
        connections=1,
        elapsed_s=1.0,
        hangup="0",
    )


def stack(error: str, at: str, beside: str = "") -> str:
    return f"2026-11-25 {at}Z ERROR app: failed {beside}\n" + STACK.format(error=error)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "server.log"
    path.write_bytes(by_logging())
    return path


def joined(log: Path, text: str, *traces: Trace, verdict: str = "fault") -> Diagnosis:
    marks = remember([str(log)])
    with log.open("a") as file:
        file.write(text)
    return join_logs(undecided(verdict), traces or (trace(),), marks)


def test_what_was_there_before_the_run_is_not_its_incident(log: Path) -> None:
    diagnosis = joined(log, "")
    assert diagnosis.incident is UNSET
    assert diagnosis.notes[0].startswith("The logs gained nothing")


def test_an_incident_within_the_time_of_the_run_is_likely(log: Path) -> None:
    diagnosis = joined(log, stack("NameError", "17:27:19"))
    assert diagnosis.incident is not UNSET
    assert (diagnosis.incident.exception, diagnosis.incident.phase) == ("NameError", "auth")
    assert "matched by its time, within the run: likely" in diagnosis.notes[0]


def test_an_incident_outside_of_the_time_of_the_run_is_not_its_own(log: Path) -> None:
    diagnosis = joined(log, stack("NameError", "17:31:19"))
    assert diagnosis.incident is UNSET
    assert "1 outside of the run's time" in diagnosis.notes[0]


def test_a_clock_of_another_zone_is_seen_through(log: Path) -> None:
    assert joined(log, stack("NameError", "15:27:19")).incident is not UNSET


def test_an_id_on_the_line_is_certain_against_any_number_of_others(log: Path) -> None:
    others = stack("KeyError", "17:27:19") * 3
    own = stack("NameError", "17:27:19", f"traceparent={TRACEPARENT}")
    diagnosis = joined(log, others + own, trace(traceparent=TRACEPARENT))
    assert diagnosis.incident is not UNSET
    assert diagnosis.incident.exception == "NameError"
    assert "certain" in diagnosis.notes[0]


def test_lines_without_a_time_are_the_runs_by_their_place(log: Path) -> None:
    diagnosis = joined(log, STACK.format(error="NameError"))
    assert diagnosis.incident is not UNSET
    assert "matched by its place" in diagnosis.notes[0]


def test_a_healthy_run_has_no_incident_of_others(log: Path) -> None:
    diagnosis = joined(log, stack("NameError", "17:27:19"), verdict="healthy")
    assert diagnosis.incident is UNSET
    assert "though nothing failed for us" in diagnosis.notes[0]


@pytest.mark.parametrize("how", ["renamed", "truncated", "new"])
def test_a_log_may_be_rotated_meanwhile(how: str, log: Path) -> None:
    if how == "new":
        log.unlink()
    marks = remember([str(log)])
    if how == "renamed":
        with log.open("a") as file:
            file.write(stack("NameError", "17:27:19"))
        log.rename(log.with_suffix(".log.1"))
        log.write_text("2026-11-25 17:27:20Z INFO app: begun\n")
    else:
        log.write_text(stack("NameError", "17:27:19"))
    diagnosis = join_logs(undecided(), (trace(),), marks)
    assert diagnosis.incident is not UNSET


def test_secrets_of_the_run_do_not_come_back_from_its_logs(log: Path) -> None:
    marks = remember([str(log)])
    with log.open("a") as file:
        file.write(stack("NameError", "17:27:19").replace("said", "plainword"))
    diagnosis = join_logs(undecided(), (trace(),), marks, ["plainword"])
    assert b"plainword" not in msgspec.json.encode(diagnosis)


@pytest.mark.parametrize("name", ["-", "", "no/such/folder/log"])
def test_a_log_that_cannot_be_followed_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--logs"):
        remember([name if name == "-" else str(tmp_path / name)])


def diagnosed(folder: Path, handles: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with serving(folder, handles=handles) as url:
        main([url, "--logs", str(folder / "server.log"), "--json", "--budget", "8", "-q"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_the_studied_incident_is_named_by_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = diagnosed(tmp_path, "with a traceback", capsys)
    assert found["verdict"] == "fault"
    incident = found["incident"]
    assert (incident["exception"], incident["phase"]) == ("NameError", "auth")
    assert incident["frame"] == f"{tmp_path}/auth.py:2 in check_token"


def test_where_the_log_has_one_line_it_is_said_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = diagnosed(tmp_path, "in one line", capsys)
    assert "incident" not in found
    assert [note for note in found["notes"] if "without its traceback" in note] != []
