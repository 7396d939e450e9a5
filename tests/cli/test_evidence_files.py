"""`hangup judge` and `hangup explain`: which files they read, and what they refuse."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from stand_in import TRACE, Campaign, Run

from hangup.trace import dump_traces


def _har(*urls: str, status: int = 403) -> str:
    entries = [
        {
            "startedDateTime": "2026-01-02T03:04:05.000Z",
            "_resourceType": "websocket",
            "request": {"method": "GET", "url": url, "headers": []},
            "response": {"status": status, "headers": []},
        }
        for url in urls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "runs.ndjson"
    path.write_bytes(dump_traces([TRACE]))
    return path


@pytest.mark.parametrize("command", ["judge", "explain"])
@pytest.mark.parametrize(("verdict", "status"), [("healthy", 0), ("fault", 1), ("inconclusive", 3)])
def test_saved_traces_are_judged_again(
    run: Run, saved: Path, command: str, verdict: str, status: int
) -> None:
    campaign = Campaign(verdict)  # type: ignore[arg-type]
    outcome = run(command, str(saved), "--json", campaign=campaign)
    assert outcome.status == status
    assert json.loads(outcome.out)["verdict"] == verdict
    assert campaign.judged == [(TRACE,)]


def test_traces_of_several_files_get_ids_of_their_own(run: Run, saved: Path) -> None:
    campaign = Campaign()
    assert run("judge", str(saved), str(saved), campaign=campaign).status == 0
    assert [trace.id for trace in campaign.judged[0]] == ["t1", "t1.2"]


def test_traces_come_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(dump_traces([TRACE])))
    monkeypatch.setattr("sys.stdin", stdin)
    campaign = Campaign()
    assert run("judge", "-", campaign=campaign).status == 0
    assert campaign.judged == [(TRACE,)]


def test_a_har_that_shows_no_ending_is_inconclusive_and_not_judged(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a.har"
    path.write_text(_har("wss://host/ws", status=101))
    campaign = Campaign("fault")
    outcome = run("explain", str(path), "--json", campaign=campaign)
    document = json.loads(outcome.out)
    assert (outcome.status, document["verdict"], campaign.judged) == (3, "inconclusive", [])
    assert document["notes"][-1].startswith("1 of 1 show no ending. Browsers put no close frame")


def test_the_sockets_of_one_url_are_judged_together(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(_har("wss://host/ws?a=1", "wss://other/ws", "wss://host/ws?a=2"))
    campaign = Campaign()
    assert run("explain", str(path), campaign=campaign).status == 0
    assert [[t.id for t in traces] for traces in campaign.judged] == [["h1", "h3"], ["h2"]]


def test_json_of_several_urls_asks_which(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(_har("wss://host/ws", "wss://other/ws"))
    outcome = run("explain", str(path), "--json")
    assert outcome.err == "hangup: --url: choose one of 2: wss://host/ws, wss://other/ws\n"
    campaign = Campaign()
    assert run("explain", str(path), "--json", "--url", "other", campaign=campaign).status == 0
    assert [trace.id for trace in campaign.judged[0]] == ["h2"]


@pytest.mark.parametrize(
    ("command", "content", "sentence"),
    [
        ("judge", b"", "{file}: there is no trace in it"),
        ("judge", b"\n{}\n", "{file}, line 2: Object missing required field"),
        ("judge", b"\xff\n", "{file}, line 1: "),
        ("judge", b'{"schema": "hangup.trace/1", "x": ' + b"[" * 100_000, "{file}, line 1: "),
        ("judge", dump_traces([replace(TRACE, began=1e300)]), "{file}, line 1: "),
        ("explain", dump_traces([replace(TRACE, began=1e300)]), "{file}, line 1: "),
        ("explain", b"", "{file}: it is neither a HAR file, nor a capture of packets, nor traces"),
        (
            "explain",
            b"[1]",
            "{file}: it is neither a HAR file, nor a capture of packets, nor traces",
        ),
        (
            "explain",
            b"\xff\xfe",
            "{file}: it is neither a HAR file, nor a capture of packets, nor traces",
        ),
        ("explain", b"{", "{file}: it is no HAR: "),
        ("explain", b"{}", "{file}: it is no HAR: Object missing required field `log`"),
        ("explain", b'{"log": {"entries": []}}', "{file}: none of its 0 requests is a WebSocket"),
        ("explain", b'{"schema": "hangup.trace/1"}', "{file}, line 1: Object missing"),
        ("explain", b'{"schema": "hangup.trace/9"}', "{file}, line 1: "),
        ("explain", b"[" * 100_000, "{file}: it is neither"),
        ("explain", b'{"log":' + b"[" * 100_000, "{file}: it is no HAR: "),
    ],
)
def test_a_bad_file_is_refused(
    run: Run, tmp_path: Path, command: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / "evidence"
    path.write_bytes(content)
    outcome = run(command, str(path))
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"hangup: {sentence.format(file=path)}")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("command", ["judge", "explain"])
def test_a_missing_file_is_refused(run: Run, command: str) -> None:
    outcome = run(command, "/nowhere")
    assert (outcome.status, outcome.err) == (
        2,
        "hangup: /nowhere: it cannot be read: no such file or directory\n",
    )
    assert run(command).err.startswith("hangup: FILE: ")


def test_a_file_above_the_bound_is_refused(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hangup.cli.reading.MOST_BYTES", 10)
    assert "it is larger than" in run("judge", str(saved)).err


def test_a_filter_that_nothing_meets_is_refused(run: Run, saved: Path) -> None:
    outcome = run("explain", str(saved), "--url", "elsewhere")
    assert outcome.err.startswith("hangup: --url: no WebSocket in")


def test_a_trace_of_another_url_stays_in_its_run(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "runs.ndjson"
    control = msgspec.structs.replace(TRACE, id="t2", url="ws://127.0.0.1:9/random")
    path.write_bytes(dump_traces([TRACE, control]))
    campaign = Campaign()
    run("explain", str(path), campaign=campaign)
    assert campaign.judged == [(TRACE, control)]
