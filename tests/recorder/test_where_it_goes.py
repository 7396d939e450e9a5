"""Without a word of the user, failures go to stderr; the environment names another place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hangup.incident import Caught, ConnectionSeen
from hangup.recorder.sinks import Nowhere, sink_from_environment
from hangup.store import Store
from hangup.store.chosen import RECORD
from hangup.store.lines import JsonLines

CAUGHT = Caught(at=1.0, kind="exception", exception="KeyError")
SEEN = ConnectionSeen(at=1.0, connection="c1")


def test_failures_alone_go_to_stderr_when_nobody_says(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(RECORD, raising=False)
    sink = sink_from_environment()
    assert isinstance(sink, JsonLines)
    sink.put(SEEN)
    sink.put(CAUGHT)
    sink.close()

    (line,) = capfd.readouterr().err.splitlines()
    assert (json.loads(line)["hangup"], json.loads(line)["id"]) == ("incident", CAUGHT.id)


def test_the_environment_names_a_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(RECORD, os.fspath(tmp_path / "seen.db"))
    sink = sink_from_environment()
    assert isinstance(sink, Store)
    sink.close()


@pytest.mark.parametrize("off", ["0", "off"])
def test_the_environment_switches_recording_off(off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RECORD, off)
    assert isinstance(sink_from_environment(), Nowhere)
