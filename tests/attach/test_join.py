"""A diagnosis with the recorder's store ends at exception, frame and phase."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recording import Record, call, caught_in, until

from hangup.lab.pinpoint import APP, SEEN
from hangup.lab.process import ServerProcess
from hangup.lab.servers import spawn
from hangup.store import open_stored

pytestmark = pytest.mark.timeout(90)
TOKEN = "q7Zs3cretTokenValue0042x9K"


def hangup(*args: str, status: int | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "hangup", *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("HANGUP_")},
    )
    if status is not None:
        assert done.returncode == status, done.stderr
    return done


def diagnosed(process: ServerProcess, store: str, *args: str) -> dict[str, object]:
    url = f"ws://127.0.0.1:{process.port}/ws"
    asked = ["diagnose", url, "--recorder", store, "--json", "-q", "--budget", "15", *args]
    return json.loads(hangup(*asked).stdout)


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn"])
def test_the_studied_incident_ends_at_its_exception(
    server: str, record: Record, store: str
) -> None:
    process = record(server, "incident")
    found = diagnosed(process, store, "--token", TOKEN)

    assert found["verdict"] == "fault"
    incident = found["incident"]
    assert (incident["exception"], incident["message"]) == (
        "NameError",
        "name 'time' is not defined",
    )
    assert "authentication.py" in incident["frame"]
    assert incident["phase"] == "auth"
    assert "NameError" in found["summary"]
    assert "authentication.py" in found["next_steps"][0]
    vantages = [moment["vantage"] for moment in incident["timeline"]]
    assert {"client", "server"} == set(vantages)
    assert abs(incident["clock_offset_ms"]) <= incident["clock_uncertain_ms"] + 50
    assert TOKEN not in json.dumps(found)


def test_a_connection_with_messages_is_joined_and_drawn_from_both_sides(
    record: Record, store: str, tmp_path: Path
) -> None:
    process = record("uvicorn", "crash_on_message")
    saved = os.fspath(tmp_path / "runs.ndjson")
    found = diagnosed(process, store, "--send", "hello", "--save", saved)
    moments = [moment["says"] for moment in found["incident"]["timeline"]]
    assert "received text, 5 bytes" in moments
    failures = [each["says"] for each in found["incident"]["timeline"] if each.get("failure")]
    assert [failure.partition(":")[0] for failure in failures] == [found["incident"]["exception"]]

    drawn = hangup("draw", saved, "--recorder", store, "-q", status=0).stdout
    assert re.search(r"C->>S: [\d.]+ to [\d.]+ ms, text, 5 bytes 'hello'", drawn)
    assert re.search(rf"Note right of S: [\d.]+ ms, {found['incident']['exception']}", drawn)
    assert re.search(r"S-xC: [\d.]+ ms, FIN", drawn)


def test_the_id_of_the_incident_is_that_of_the_store(record: Record, store: str) -> None:
    process = record("uvicorn", "incident")
    found = diagnosed(process, store)

    shown = json.loads(hangup("incidents", "--store", store, "--json", status=0).stdout)
    ids = {each["id"]: each for each in shown["incidents"]}
    assert ids[found["incident"]["id"]]["exception"] == "NameError"


def test_every_report_tells_of_the_server(record: Record, store: str, tmp_path: Path) -> None:
    process = record("uvicorn", "incident")
    files = [tmp_path / name for name in ("r.md", "r.html", "r.xml", "r.json")]
    reports = [word for file in files for word in ("--report", os.fspath(file))]
    done = hangup(
        f"ws://127.0.0.1:{process.port}/ws", "--recorder", store, *reports, "--no-color", "-q"
    )

    assert "On the server" in done.stdout
    assert "name 'time' is not defined" in done.stdout
    assert "the server's clock is" in done.stdout
    for file in files:
        assert "NameError" in file.read_text("utf-8"), file


def test_a_healthy_server_has_no_incident(record: Record, store: str) -> None:
    process = record("uvicorn", "echo")
    found = diagnosed(process, store)

    assert found["verdict"] == "healthy"
    assert "incident" not in found


def test_what_is_raised_at_our_own_close_is_a_note_and_no_fault(record: Record, store: str) -> None:
    process = record("uvicorn", "raises_at_the_end")
    found = diagnosed(process, store)

    assert found["verdict"] == "healthy"
    assert "incident" not in found
    assert any("RuntimeError: clean-up failed" in note for note in found["notes"])


def test_every_connection_has_an_id_of_its_own_but_the_one_that_plays_a_browser(
    record: Record, store: str
) -> None:
    process = record("uvicorn", "incident")
    diagnosed(process, store)

    with open_stored(store) as stored:
        ids = [seen.hangup_id for seen in stored.connections()]
    assert len({id for id in ids if id}) == len([id for id in ids if id])
    assert ids.count("") <= 1


def test_a_store_of_another_server_is_told_of_in_a_note(
    record: Record, store: str, tmp_path: Path
) -> None:
    process = record("uvicorn", "incident")
    call(process)
    assert until(lambda: caught_in(store))
    other = tmp_path / "other.db"
    with open_stored(store):
        shutil.copy(store, other)
    found = diagnosed(process, os.fspath(other))

    assert "incident" not in found
    assert any("saw none of this run's connections" in note for note in found["notes"])


def test_lines_of_a_recorder_are_joined_as_a_store_is(tmp_path: Path) -> None:
    lines = tmp_path / "server.log"
    lines.write_bytes(b"INFO:     Started server process [7]\n")
    with spawn("uvicorn", APP, env={SEEN: os.fspath(lines)}).wait_ready() as process:
        url = f"ws://127.0.0.1:{process.port}/auth_after_accept"
        asked = ["diagnose", url, "--recorder", os.fspath(lines), "--json", "-q"]
        found = json.loads(hangup(*asked, "--budget", "10").stdout)

    incident = found["incident"]
    assert (incident["exception"], incident["phase"]) == ("NameError", "auth")
    assert "in check_token" in found["next_steps"][0]
    assert {moment["vantage"] for moment in incident["timeline"]} == {"client", "server"}


@pytest.mark.parametrize(
    ("recorder", "said"),
    [
        ("no/such/store.db", "--recorder: the store 'no/such/store.db' cannot be read"),
        (
            "http://127.0.0.1:9/log",
            "--recorder: the lines at http://127.0.0.1:9/log cannot be read",
        ),
        ("ftp://recorder.example", "--recorder: the URL: the scheme 'ftp' is not one of"),
        (sys.executable, "--recorder: "),
        ("-", "--recorder: stdin cannot be read while a diagnosis runs"),
    ],
)
def test_a_store_that_cannot_be_read_is_refused_before_anything_is_sent(
    recorder: str, said: str
) -> None:
    done = hangup("ws://127.0.0.1:9/ws", "--recorder", recorder, status=2)

    assert said in done.stderr
    assert done.stderr.count("\n") == 1
