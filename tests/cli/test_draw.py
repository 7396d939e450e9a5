"""`hangup draw`: which connection, in which form, and what it refuses."""

from __future__ import annotations

import io
import json
import time
from contextlib import nullcontext
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from stand_in import TRACE, Campaign, Run

from hangup.event import FrameReceived, RequestSent, ResponseReceived, Upgraded
from hangup.incident import Caught, ConnectionSeen, Seen
from hangup.store import Store
from hangup.store.lines import JsonLines
from hangup.trace import dump_traces

BEGAN = time.time() - 60  # a store forgets what is old
ID = "0b5c1f8e4a36"
ASKED = RequestSent(
    at=0.01, method="GET", target="/ws", headers=(("X-Hangup-Id", ID),), upgrade=True
)
CLOSED = replace(
    TRACE,
    id="t2",
    began=BEGAN,
    events=(
        ASKED,
        ResponseReceived(
            at=0.02, status=101, reason="OK", http_version="1.1", headers=(), took=0.01
        ),
        Upgraded(at=0.02, subprotocol=None, extensions=(), glued=0),
        FrameReceived(at=0.05, opcode="close", size=2, wire_size=2, code=1011),
    ),
)
SEEN: tuple[Seen, ...] = (
    ConnectionSeen(
        at=BEGAN + 100.012,
        connection="c1",
        hangup_id=ID,
        phases=(("arrived", 0.0), ("accepted", 0.005), ("closing", 0.030)),
    ),
    Caught(
        at=BEGAN + 100.04,
        kind="exception",
        exception="KeyError",
        hangup_id=ID,
        frame="a.py:3",
    ),
)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    path = tmp_path / "runs.ndjson"
    path.write_bytes(dump_traces([TRACE, CLOSED]))
    return str(path)


def test_a_diagram_of_the_telling_connection_is_printed(run: Run, saved: str) -> None:
    campaign = Campaign("fault")
    outcome = run("draw", saved, campaign=campaign)
    assert outcome.status == 0
    assert outcome.out.startswith("sequenceDiagram\n    participant C as client\n")
    assert outcome.err == "drawing t1 of 2 connections; --trace chooses another\n"
    assert campaign.judged == [(TRACE, CLOSED)]


def test_another_connection_is_drawn_by_its_id(run: Run, saved: str) -> None:
    outcome = run("draw", saved, "--trace", "t2")
    assert "    S-xC: 50.0 ms, close 1011 (internal error), no<br/>reason\n" in outcome.out
    assert outcome.err == ""


def test_a_picture_is_printed_as_utf_8(run: Run, saved: str) -> None:
    outcome = run("draw", saved, "--trace", "t2", "--as", "svg")
    root = ElementTree.fromstring(outcome.out)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_files_have_the_form_of_their_ending_and_stdout_stays_empty(
    run: Run, saved: str, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("a.svg", "a.MMD", "a.md")]
    outputs = [word for file in files for word in ("-o", str(file))]
    outcome = run("draw", saved, "--trace", "t2", *outputs)
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == "".join(f"wrote {file}\n" for file in files)
    begins = [file.read_text("utf-8").split("\n")[0].partition(" ")[0] for file in files]
    assert begins == ["<svg", "sequenceDiagram", "```mermaid"]


def test_a_form_is_printed_beside_files_when_asked_for(
    run: Run, saved: str, tmp_path: Path
) -> None:
    output = str(tmp_path / "a.svg")
    outcome = run("draw", saved, "--trace", "t2", "-q", "-o", output, "--as", "mermaid")
    assert outcome.out.startswith("sequenceDiagram")
    assert outcome.err == ""


def test_traces_come_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(dump_traces([CLOSED]))))
    outcome = run("draw", "-")
    assert (outcome.status, outcome.err) == (0, "")
    assert "close 1011" in outcome.out


def har(*urls: str) -> str:
    entries = [
        {
            "startedDateTime": "2026-01-02T03:04:05.000Z",
            "_resourceType": "websocket",
            "request": {"method": "GET", "url": url, "headers": []},
            "response": {"status": 403, "headers": []},
        }
        for url in urls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_of_a_har_the_first_url_is_judged(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har("wss://host/ws?a=1", "wss://other/ws", "wss://host/ws?a=2"))
    campaign = Campaign("fault")
    outcome = run("draw", str(path), campaign=campaign)
    assert [trace.id for trace in campaign.judged[0]] == ["h1", "h3"]
    assert "403" in outcome.out
    assert outcome.err.startswith("drawing h1 of 3 connections")


@pytest.mark.parametrize("kind", ["store", "lines"])
def test_what_a_recorder_saw_is_drawn_beside_it(
    run: Run, saved: str, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "kept"
    with path.open("wb") if kind == "lines" else nullcontext() as file:
        sink = JsonLines(file.fileno()) if file else Store(str(path))
        for each in SEEN:
            sink.put(each)
        sink.close()

    outcome = run("draw", saved, "--trace", "t2", "--recorder", str(path))
    lines = [line.strip() for line in outcome.out.splitlines()]
    assert outcome.err == ""
    assert "Note right of S: 40.5 ms, KeyError at a.py:3" in lines
    assert lines[3:5] == ["C->>S: 10.0 to 12.5 ms, GET /ws", "Note over C,S: 7.5 ms pass"]


def test_a_recorder_that_saw_nothing_of_it_is_said(run: Run, saved: str, tmp_path: Path) -> None:
    Store(str(tmp_path / "kept.db")).close()
    outcome = run("draw", saved, "--trace", "t2", "--recorder", str(tmp_path / "kept.db"))
    assert (outcome.status, outcome.err) == (0, "the recorder saw nothing of t2\n")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "FILE: one is wanted, not 0"),
        (("{file}", "{file}"), "FILE: one is wanted, not 2"),
        (("/nowhere",), "/nowhere: it cannot be read: no such file or directory"),
        (("{file}", "--trace", "t9"), "--trace: there is no 't9'; the file has t1, t2"),
        (("{file}", "-o", "a.png"), "-o: 'a.png' must end in .svg, .mmd or .md"),
        (
            ("{file}", "-o", "/nowhere/a.svg"),
            "-o: the directory of '/nowhere/a.svg' does not exist",
        ),
        (("{file}", "--recorder", "-"), "--recorder: it cannot be stdin; name a file"),
        (
            ("{file}", "--recorder", "no.db"),
            "--recorder: the store 'no.db' cannot be read: there is no such file",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    run: Run, saved: str, args: tuple[str, ...], sentence: str
) -> None:
    outcome = run("draw", *(arg.format(file=saved) for arg in args))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == f"hangup: {sentence}\n"


def test_of_many_ids_some_are_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "runs.ndjson"
    path.write_bytes(dump_traces(replace(TRACE, id=f"t{i}") for i in range(30)))
    outcome = run("draw", str(path), "--trace", "\x1b[2J")
    assert outcome.err.startswith("hangup: --trace: there is no '\\x1b[2J'; the file has t0, t1,")
    assert outcome.err.endswith("t19 and 10 more\n")
