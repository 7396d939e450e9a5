"""Diagnoses as processes: how many at once, and that each ends whatever it does."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from hangup.ui import running
from hangup.ui.desk import Errand
from hangup.ui.events import ExperimentEnded, Finished, Remark, Weighed, read_line
from hangup.ui.running import MOST_AT_ONCE, Diagnoses

SAYS = "import sys; print({!r}, file=sys.stderr); "
KEPT = '{"event": "kept", "says": "kept as d7", "run": "d7"}'
FOREVER = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"


def _errand(code: str, within: float = 30.0) -> Errand:
    return Errand(
        url="ws://127.0.0.1:1/",
        arguments=(sys.executable, "-c", code),
        environment=dict(os.environ),
        within=within,
    )


Scenario = Callable[[Diagnoses], Awaitable[None]]


def _play(scenario: Scenario) -> None:
    async def played() -> None:
        diagnoses = Diagnoses(["http://127.0.0.1:1"])
        async with diagnoses.bridge, asyncio.timeout(20):
            await scenario(diagnoses)
            await diagnoses.close()

    asyncio.run(played())


def _end_of(errand: Errand) -> Finished:
    """Begin a diagnosis and wait for its end."""
    found: list[Finished] = []

    async def scenario(diagnoses: Diagnoses) -> None:
        underway = diagnoses.begin(errand)
        assert underway
        await underway.over.wait()
        assert underway.finished
        found.append(underway.finished)

    _play(scenario)
    return found[0]


def test_a_process_tells_where_its_run_is_kept() -> None:
    assert _end_of(_errand(SAYS.format(KEPT))) == Finished(number=7, says="")


def test_a_process_that_refuses_says_why() -> None:
    code = SAYS.format("hangup: --token: it is empty") + "sys.exit(2)"
    assert _end_of(_errand(code)).says == "--token: it is empty"


def test_a_process_that_says_nothing_has_no_result() -> None:
    assert _end_of(_errand("pass")).says == running.NOTHING


def test_a_process_that_cannot_be_started_has_no_result() -> None:
    errand = Errand(url="", arguments=("/nowhere/hangup",), environment={}, within=1.0)
    assert _end_of(errand).says == running.NOTHING


def test_a_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "GRACE", 0.1)
    assert "was ended" in _end_of(_errand(FOREVER, within=0.2)).says


def test_one_that_hears_no_signal_is_ended_when_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "PATIENCE", 0.2)
    deaf = ("/bin/sh", "-c", "trap '' INT; sleep 600 & wait")

    async def scenario(diagnoses: Diagnoses) -> None:
        underway = diagnoses.begin(Errand(url="", arguments=deaf, environment={}, within=600))
        assert underway
        while not underway.over.is_set():
            diagnoses.stop(underway.id)
            with suppress(TimeoutError):
                await asyncio.wait_for(underway.over.wait(), 0.05)
        assert underway.finished
        assert underway.finished.number is None

    _play(scenario)


def test_only_some_run_at_once_and_closing_ends_them() -> None:
    async def scenario(diagnoses: Diagnoses) -> None:
        begun = [diagnoses.begin(_errand(FOREVER)) for _ in range(MOST_AT_ONCE)]
        assert diagnoses.begin(_errand(FOREVER)) is None
        await diagnoses.close()
        assert [each.over.is_set() for each in begun if each] == [True] * MOST_AT_ONCE
        assert diagnoses.running == []
        assert diagnoses.begin(_errand(FOREVER))

    _play(scenario)


def test_a_line_of_any_kind_ends_nothing() -> None:
    code = SAYS.format("x" * 100_000) + "sys.stderr.buffer.write(bytes(range(256)) * 40 + b'\\n');"
    code += f"print({KEPT!r}, file=sys.stderr)"
    assert _end_of(_errand(code)).number == 7


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (
            b'{"event": "weighed", "cause": null, "confidence": 0.5}',
            Weighed(cause=None, confidence=0.5),
        ),
        (
            b'{"event": "ended", "name": "a", "outcome": "b", "elapsed_s": 1.0, "traces": ["t1"]}',
            ExperimentEnded(name="a", outcome="b", elapsed_s=1.0),
        ),
        (b'{"event": "concluded", "verdict": "fault"}', None),
        (b'{"event": "kept", "run": "d12"}', 12),
        (b'{"event": "kept", "run": "x"}', Remark(says='{"event": "kept", "run": "x"}')),
        (b"[]", Remark(says="[]")),
        (b"hangup: it is wrong", Remark(says="it is wrong")),
        (b"", None),
    ],
)
def test_lines_of_progress_are_read(line: bytes, read: object) -> None:
    assert read_line(line) == read
