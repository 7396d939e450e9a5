"""`hangup logs`: its document, what people read, its exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from planted import by_logging, gzipped

from hangup.__main__ import main

KEYS = {
    "id", "count", "exception", "message", "frame", "chain", "phase", "close", "first_seen",
    "last_seen",
}  # fmt: skip


class Outcome(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_(*args: str | Path) -> Outcome:
        status = main(["logs", *map(str, args)])
        return Outcome(status, *capsys.readouterr())

    return run_


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(by_logging() + b'x - - [x] "GET /ws HTTP/1.1" 101 5 "-" "-" 60.000\n')
    return path


def test_the_document_holds_what_the_contract_says(run: Run, log: Path) -> None:
    outcome = run(log, "--json")
    found = outcome.document
    assert outcome.status == 1
    assert (found["schema"], found["bytes"]) == ("hangup.logs/1", log.stat().st_size)
    assert [KEYS - set(incident) for incident in found["incidents"]] == [set()] * 3
    assert found["shortcomings"] == []


def test_times_are_told_with_their_zone(run: Run, log: Path) -> None:
    (first, *_) = run(log, "--json").document["incidents"]
    assert first["first_seen"].endswith("+00:00")
    assert first["first_seen"] <= first["last_seen"]


def test_upgrades_are_in_the_document(run: Run, log: Path) -> None:
    (upgrades,) = run(log, "--json").document["upgrades"]
    assert (upgrades["path"], upgrades["statuses"]) == ("/ws", {"101": 1})
    assert upgrades["duration_s"]["longest"] == 60.0


def test_several_files_are_one_result(run: Run, log: Path, tmp_path: Path) -> None:
    packed = gzipped(log.read_bytes(), tmp_path / "app.log.1.gz")
    found = run(log, packed, "--json").document
    assert [incident["count"] for incident in found["incidents"]] == [6, 6, 6]


def test_people_read_exception_frame_and_phase(run: Run, log: Path) -> None:
    out = run(log).out
    assert "NameError: name 'time' is not defined" in out
    assert "at /srv/app/auth.py:2 in check_token, in phase auth" in out
    assert "/ws: 1 x 101" in out


def test_a_log_without_incidents_is_status_0(run: Run, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.log"
    quiet.write_text("2026-11-25 17:27:19 INFO app: all is well\n")
    outcome = run(quiet)
    assert (outcome.status, outcome.err) == (0, "")
    assert "No incident" in outcome.out


def test_an_empty_log_is_status_0(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    assert run(empty, "--json").status == 0


def test_stdin_is_read() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hangup", "logs", "-", "--json"],
        input=by_logging(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["incidents"]) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: no such file"),
        (b"\x1f\x8b\x08\x00broken", "compressed data is damaged"),
        (b"\x28\xb5\x2f\xfdbroken", "compressed data is damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
    ],
    ids=["missing", "gzip", "zstd", "image"],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_status_2(
    content: bytes | None, said: str, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    outcome = run(path)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_folder_is_refused(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path).status == 2


def test_no_file_is_refused(run: Run) -> None:
    outcome = run()
    assert (outcome.status, "FILE: it is missing" in outcome.err) == (2, True)


def test_what_a_log_says_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "hostile.log"
    path.write_bytes(by_logging(1, 0).replace(b"'time'", b"'\x1b]0;title\x07\xe2\x80\xae'"))
    out = run(path).out
    assert "\x07" not in out
    assert "\u202e" not in out
