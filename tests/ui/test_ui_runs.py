"""Diagnoses and connections on the page: lists, one, two beside each other, files, refusals."""

from __future__ import annotations

import json

import pytest
import report_examples as told
from starlette.testclient import TestClient

from hangup.trace import load_traces

EVIL = "<img src=x"


def test_the_list_has_every_verdict(ask: TestClient) -> None:
    text = ask.get("/runs").text
    assert "session.masked-exception" in text
    assert "healthy" in text
    assert EVIL not in text


def test_the_list_can_be_of_one_verdict_or_url(ask: TestClient) -> None:
    healthy = ask.get("/runs?verdict=healthy").text
    assert "masked-exception" not in healthy
    none = ask.get("/runs?url=ws://nowhere/").text
    assert "None of these is kept." in none


def test_a_diagnosis_leads_to_the_events_that_it_cites(ask: TestClient) -> None:
    text = ask.get("/runs/1").text
    assert 'href="#trace-0-event-' in text
    cited = text.partition('href="#trace-0-event-')[2].partition('"')[0]
    assert f'id="trace-0-event-{cited}"' in text
    assert "d1" in text


def test_a_hostile_diagnosis_is_only_text(ask: TestClient) -> None:
    for view in ("/runs/3", "/runs/3/t1"):
        answer = ask.get(view)
        assert answer.status_code == 200
        assert EVIL not in answer.text
        assert "\x1b" not in answer.text
        assert "\u202e" not in answer.text


def test_one_connection_shows_every_event(ask: TestClient) -> None:
    text = ask.get("/runs/1/t1").text
    assert text.count('<tr id="a-trace-event-') == len(told.incident_trace().events)


def test_two_connections_beside_each_other(ask: TestClient) -> None:
    differ = ask.get("/compare?a=d1/t1&b=d2/t1").text
    assert "They ended differently." in differ
    assert 'id="a-trace-event-0"' in differ
    assert 'id="b-trace-event-0"' in differ
    assert "They ended alike" in ask.get("/compare?a=1/t1&b=d1/t1").text


def test_the_files_of_a_diagnosis(ask: TestClient) -> None:
    report = ask.get("/runs/1/report.html")
    assert report.text.startswith("<!doctype html>")
    assert "attachment" in report.headers["content-disposition"]
    assert json.loads(ask.get("/runs/1/diagnosis.json").content)["cause"]
    lines = ask.get("/runs/1/traces.ndjson").content.splitlines()
    traces = tuple(load_traces(lines, "the file"))
    assert traces == (told.incident_trace(), told.plain_trace())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/runs/99", 404),
        ("/runs/99999999999999999999999", 404),
        ("/runs/x", 404),
        ("/runs/1/t99", 404),
        ("/runs/1/other.txt", 404),
        ("/runs?before=x", 400),
        ("/runs?verdict=x", 400),
        ("/compare", 400),
        ("/compare?a=d1/t1&b=x", 400),
        ("/compare?a=d1/t1&b=d99/t1", 404),
        ("/live/nothing", 404),
        ("/nowhere", 404),
        ("/assets/../guard.py", 404),
        ("/assets/%2e%2e/guard.py", 404),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(ask: TestClient, path: str, status: int) -> None:
    answer = ask.get(path)
    assert answer.status_code == status
    if not path.startswith("/assets"):
        assert "This cannot be shown" in answer.text


def test_a_search_leads_to_runs_and_connections(ask: TestClient) -> None:
    text = ask.get("/search?q=internal+error").text
    assert "/runs/1" in text
    assert "/runs/1/t1" in text
    assert "Nothing has all of these words." in ask.get("/search?q=zebra").text


def test_nothing_kept_says_what_fills_it(ask_empty: TestClient) -> None:
    assert "hangup demo" in ask_empty.get("/runs").text
    assert ask_empty.get("/search?q=x").status_code == 200
    assert ask_empty.get("/runs/1").status_code == 404
