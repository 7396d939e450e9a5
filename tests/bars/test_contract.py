"""The contract of what is printed: one document, its schema, exit status, real evidence."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from hangup.demo.worlds import WORLDS

from . import hostile, peers
from .program import Run, hangup

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "diagnosis.schema.json"
KEYS = (
    "schema",
    "endpoint",
    "verdict",
    "layer",
    "cause",
    "confidence",
    "alternatives",
    "findings",
    "closure",
    "experiments",
    "next_steps",
    "connections",
    "elapsed_s",
    "hangup",
)
CLOSURE_KEYS = (
    "origin",
    "closed_by",
    "code",
    "reason",
    "transport_end",
    "after",
    "elapsed_ms",
    "frames_received",
)
STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}


@dataclass
class Told:
    """A run, and the traces it saved, by their id."""

    run: Run
    traces: dict[str, dict[str, Any]]


Start = Callable[[], AbstractContextManager[list[str]]]


@contextmanager
def _demo(name: str) -> Iterator[list[str]]:
    world = next(each for each in WORLDS if each.name == name)
    with world.start() as running:
        words = [each for text in world.sends for each in ("--send", text)]
        words += [each for text in world.expects for each in ("--expect", text)]
        words += ["--token", running.token]
        words += ["--bypass", running.bypass] if running.bypass else []
        yield [running.url, *words]


@contextmanager
def _scripted(play: peers.Play) -> Iterator[list[str]]:
    with peers.playing(play) as peer:
        yield [peer.url, "--budget", "2"]


@contextmanager
def _nobody() -> Iterator[list[str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield [f"ws://127.0.0.1:{port}/ws"]


ENDPOINTS: dict[str, Start] = {
    "incident": lambda: _demo("incident"),
    "healthy": lambda: _demo("healthy"),
    "poisoned message": lambda: _demo("poison"),
    "proxy without upgrade": lambda: _demo("no-upgrade"),
    "refused": _nobody,
    "exception": lambda: _scripted(peers.crashes_after_accept),
    "silence": lambda: _scripted(peers.says_nothing),
    "no HTTP": lambda: _scripted(hostile.not_http),
}


@pytest.fixture(scope="module", params=ENDPOINTS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    saved = tmp_path_factory.mktemp("contract") / "runs.ndjson"
    with ENDPOINTS[request.param]() as args:
        run = hangup(*args, "--json", "--save", str(saved))
    assert run.status in STATUS.values(), run.stderr
    traces = [json.loads(line) for line in saved.read_text().splitlines()]
    return Told(run, {trace["id"]: trace for trace in traces})


def test_the_document_keeps_its_published_schema(told: Told) -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    problems = Draft202012Validator(schema).iter_errors(told.run.document)
    assert [problem.message for problem in problems] == []


def test_the_document_has_the_keys_that_stay(told: Told) -> None:
    document = told.run.document
    assert document["schema"] == "hangup.diagnosis/1"
    assert [key for key in KEYS if key not in document] == []
    assert [key for key in CLOSURE_KEYS if key not in (document["closure"] or CLOSURE_KEYS)] == []


def test_the_exit_status_says_the_verdict(told: Told) -> None:
    assert told.run.status == STATUS[told.run.document["verdict"]]


def test_the_layer_is_the_cause_s_own(told: Told) -> None:
    document = told.run.document
    causes = [document, *document["alternatives"]]
    assert all(c["layer"] == c["cause"].partition(".")[0] for c in causes if c["cause"])


def test_every_decided_finding_cites_an_event_that_was_recorded(told: Told) -> None:
    decided = [f for f in told.run.document["findings"] if f["verdict"] != "inconclusive"]
    assert [f["cause"] for f in decided if not f.get("evidence")] == []
    cited = {(e["trace"], e["event"]) for f in decided for e in f["evidence"]}
    events = {(id, at) for id, trace in told.traces.items() for at in range(len(trace["events"]))}
    assert cited <= events


def test_every_connection_is_saved_and_named_by_its_experiment(told: Told) -> None:
    document = told.run.document
    named = [id for run in document["experiments"] for id in run["traces"]]
    assert sorted(named) == sorted(told.traces)
    assert document["connections"] == len(told.traces)


def test_progress_goes_to_stderr(told: Told) -> None:
    assert b"baseline" in told.run.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["gopher://host/"],
        ["ws://host:99999/"],
        ["ws://host/", "-H", "X-A: b\r\nX-C: d"],
        ["ws://host/", "--cacert", "/nowhere/ca.pem"],
        ["ws://host/", "--budget", "0"],
        ["ws://host/", "--report", "report.pdf"],
    ],
)
def test_wrong_usage_gives_2_one_sentence_and_no_document(args: list[str]) -> None:
    run = hangup(*args, "--json")
    assert (run.status, run.stdout) == (2, b"")
    assert len(run.stderr.splitlines()) == 1
