"""Keepalive timeouts of either side are told apart from an exception, by the frames seen."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hangup.endpoint import Endpoint
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.probe.session import Session
from hangup.redact import Redactor
from hangup.trace import Trace, dump_traces

from . import peers
from .conftest import StartPeer
from .program import Run, hangup

Cited = list[dict[str, Any]]
WORDS = ("--send", "hello", "--expect", "hello")


def test_a_server_that_closes_although_its_ping_was_answered(
    peer: StartPeer, tmp_path: Path
) -> None:
    run, cited = _diagnosed(peer(peers.keepalive_closes), tmp_path)
    assert (run.status, run.document["cause"]) == (1, "keepalive.pong-not-processed")
    assert _cites(cited, event="frame-received", opcode="close", reason="keepalive ping timeout")
    assert _cites(cited, event="frame-sent", opcode="pong")


def test_a_server_that_closes_an_idle_connection_is_not_healthy(
    peer: StartPeer, tmp_path: Path
) -> None:
    run, _ = _diagnosed(peer(peers.keepalive_closes), tmp_path, *WORDS)
    assert run.document["verdict"] != "healthy"


def test_a_server_whose_ping_was_left_unanswered(peer: StartPeer, tmp_path: Path) -> None:
    trace = asyncio.run(_without_pongs(peer(peers.keepalive_closes).port))
    saved = tmp_path / "runs.ndjson"
    saved.write_bytes(dump_traces([trace]))
    run = hangup("judge", str(saved), "--json")
    assert (run.status, run.document["cause"]) == (1, "keepalive.pong-missed")
    cited = _cited(run, saved)
    assert _cites(cited, event="frame-received", opcode="close", reason="keepalive ping timeout")
    assert _cites(cited, event="pong-withheld") or _cites(cited, opcode="ping")


def test_an_exception_right_after_accept(peer: StartPeer, tmp_path: Path) -> None:
    run, cited = _diagnosed(peer(peers.crashes_after_accept), tmp_path)
    assert (run.status, run.document["cause"]) == (1, "session.exception-after-accept")
    assert _cites(cited, event="frame-received", opcode="close", code=1011)
    refuted = [f for f in run.document["findings"] if f["cause"] == "keepalive.pong-missed"]
    assert [finding["verdict"] for finding in refuted] == ["refuted"]


@pytest.mark.parametrize("words", [(), WORDS], ids=["unsaid", "said"])
def test_a_server_that_answers_no_ping_closes_our_own_library(
    peer: StartPeer, tmp_path: Path, words: tuple[str, ...]
) -> None:
    run, _ = _diagnosed(peer(peers.deaf_to_pings), tmp_path, *words)
    document = run.document
    suspected = [document["cause"], *(rival["cause"] for rival in document["alternatives"])]
    assert document["verdict"] != "healthy"
    assert "client.own-keepalive-timeout" in suspected


def _diagnosed(server: peers.Peer, folder: Path, *args: str) -> tuple[Run, Cited]:
    saved = folder / "runs.ndjson"
    run = hangup(server.url, "--json", "-q", "--save", str(saved), "--budget", "8", *args)
    return run, _cited(run, saved)


def _cited(run: Run, saved: Path) -> Cited:
    """Give the events that support the verdict."""
    traces = {t["id"]: t["events"] for t in map(json.loads, saved.read_text().splitlines())}
    supported = [f for f in run.document["findings"] if f["verdict"] == "supported"]
    return [traces[e["trace"]][e["event"]] for f in supported for e in f["evidence"]]


def _cites(cited: Cited, **wanted: object) -> bool:
    return any(wanted.items() <= event.items() for event in cited)


async def _without_pongs(port: int) -> Trace:
    """Record a client that reads and does not answer the server's ping."""
    endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws")
    recorder = Recorder(Redactor(()))

    async def listen(session: Session) -> None:
        await session.listen(4 * peers.STEP)

    deadline = asyncio.get_running_loop().time() + 5
    opening = Opening(answer_pings=False)
    await dial(endpoint, opening, listen, recorder, patience=2, deadline=deadline)
    return recorder.trace(id="t1", experiment="baseline", variant="", url=endpoint.url)
