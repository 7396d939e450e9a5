"""Incidents on the page: of all recorders together, each with its evidence and its diagnoses."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from seen_examples import caught, connection
from starlette.testclient import TestClient
from ui_pages import asked
from ui_stores import EVIL_INCIDENT, INCIDENT, places_in, record

from hangup.store.kept import Limits
from hangup.ui.desk import Places

MARKUP = "<img src=x"


def test_one_incident_of_two_recorders_is_counted_once_for_both(ask: TestClient) -> None:
    text = ask.get("/incidents").text
    assert text.count(INCIDENT) == 2  # its link and its name
    assert "45 &times;" in text
    assert "NameError: name &#39;time&#39; is not defined" in text
    assert "app/auth.py:212 in check_token" in text
    assert "in phase auth, closing 1011 &#39;Internal error&#39;" in text
    assert "build 2.3.1 to 2.4.0" in text


def test_a_close_that_no_frame_may_hold_is_told_as_such(ask: TestClient) -> None:
    assert "which no close frame may hold" in ask.get("/incidents").text
    assert "which no close frame may hold" in ask.get(f"/incidents/{EVIL_INCIDENT}").text


def test_the_latest_or_the_most_frequent_comes_first(ask: TestClient) -> None:
    latest = ask.get("/incidents").text
    often = ask.get("/incidents?by=count").text
    assert latest.index(INCIDENT) < latest.index(EVIL_INCIDENT)
    assert often.index(INCIDENT) < often.index(EVIL_INCIDENT)
    assert latest.index(EVIL_INCIDENT) < latest.index("stood still")


def test_a_drawing_counts_every_time_once(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    now = time.time()
    record(places.recorders[0], [caught(at=now - hour * 3600) for hour in (39, 39, 39, 19, 0)])
    text = asked(places).get(f"/incidents/{INCIDENT}").text
    told = text.partition("from first to last: ")[2].partition('"')[0]
    counts = [int(each) for each in told.split(", ")]
    assert (counts[0], counts[-1], sum(counts)) == (3, 1, 5)


def test_an_incident_shows_a_connection_of_which_more_is_known(ask: TestClient) -> None:
    text = ask.get(f"/incidents/{INCIDENT}").text
    assert "the server sent the close" in text
    assert "bearer token in the header Authorization" in text
    assert "KeyError: &#39;sub&#39;" in text


def test_another_connection_can_be_chosen(ask: TestClient) -> None:
    text = ask.get(f"/incidents/{INCIDENT}?connection=c3").text
    assert '<dd class="mono">c3</dd>' in text
    assert ask.get(f"/incidents/{INCIDENT}?connection=nobody").status_code == 404


def test_an_incident_leads_to_the_diagnoses_that_met_it(ask: TestClient) -> None:
    base = ask.base_url.path.rstrip("/")
    assert f'href="{base}/runs/1"' in ask.get(f"/incidents/{INCIDENT}").text
    assert "None that is kept." in ask.get(f"/incidents/{EVIL_INCIDENT}").text


@pytest.mark.parametrize("view", ["/incidents", f"/incidents/{EVIL_INCIDENT}"])
def test_what_a_peer_said_is_only_text(ask: TestClient, view: str) -> None:
    text = ask.get(view).text
    assert "owned" in text
    assert [sign for sign in (MARKUP, "\x1b", "\u202e", "\x07") if sign in text] == []


def test_a_store_that_cannot_be_read_costs_a_sentence_and_not_the_others(
    filled: Places, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no store")
    with_it = msgspec.structs.replace(filled, recorders=(str(broken), *filled.recorders))
    text = asked(with_it).get("/incidents").text
    assert "broken.sqlite" in text
    assert "file is not a database" in text
    assert INCIDENT in text


def test_what_is_missing_in_a_store_is_told(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    long_ago = time.time() - Limits().max_age - 1.0
    record(places.recorders[0], [caught(at=long_ago), caught(at=time.time())])
    assert "1 row pruned" in asked(places).get("/incidents").text


def test_a_time_of_no_calendar_is_no_trouble(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    record(places.recorders[0], [caught(at=1e300), connection(at=1e300)])
    client = asked(places)
    assert "an unknown time" in client.get("/incidents").text
    assert "an unknown time" in client.get(f"/incidents/{INCIDENT}").text


def test_a_failure_without_a_connection_is_shown(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    now = time.time()
    stall = caught(at=now, kind="stall", exception="", connection="", close=None)
    record(places.recorders[0], [stall, connection(at=now)])
    answer = asked(places).get(f"/incidents/{stall.id}")
    assert answer.status_code == 200
    assert "Of the connection itself nothing is kept" in answer.text


def test_nothing_recorded_says_what_records(ask_empty: TestClient) -> None:
    assert "hangup record uvicorn app:app" in ask_empty.get("/incidents").text
    assert ask_empty.get("/incidents/0000000000").status_code == 404
