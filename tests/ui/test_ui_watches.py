"""Watches on the page: how each endpoint is, its looks and changes, and what one look found."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Browser
from starlette.testclient import TestClient
from ui_pages import asked, tab
from ui_stores import WATCHED, places_in

from hangup.store.watches import USUAL
from hangup.ui.drawn import strip_svg
from hangup.watching.kept import keep
from hangup.watching.memory import Memory, remember
from hangup.watching.words import Look, State

WATCH = f"/watches?url={WATCHED}"


def test_the_list_has_what_is_wrong_first(ask: TestClient) -> None:
    text = ask.get("/watches").text
    assert re.findall(r'class="what mono">([^<]*)<', text) == ["ws://127.0.0.1:9/ws", WATCHED]
    assert "session.masked-exception" in text
    assert "certificate <span" in text
    assert "ends in 9 days" in text


def test_one_endpoint_has_its_state_looks_and_changes(ask: TestClient) -> None:
    text = ask.get(WATCH).text
    assert "HEALTHY after 35 min of fault session.masked-exception" in text
    assert "53 looks: 45 healthy, 6 fault, 1 inconclusive, 1 unknown" in text
    assert "build is &#39;2.4.0&#39;, was &#39;2.3.1&#39;" in text
    assert 'id="took-title"' in text


def test_looks_are_listed_a_page_at_a_time(ask: TestClient) -> None:
    first = re.findall(r"/watches/looks/(\d+)", ask.get(WATCH).text)
    assert first == [str(number) for number in range(53, 3, -1)]
    older = re.findall(r"/watches/looks/(\d+)", ask.get(f"{WATCH}&before=4").text)
    assert older == ["3", "2", "1"]


def test_a_look_is_shown_as_a_diagnosis(ask: TestClient) -> None:
    text = ask.get("/watches/looks/45").text
    assert "NameError: name &#39;time&#39; is not defined" in text
    assert "session.masked-exception" in text
    file = ask.get("/watches/looks/45/diagnosis.json")
    assert json.loads(file.text)["cause"] == "session.masked-exception"
    assert "attachment" in file.headers["content-disposition"]


def test_a_look_that_crashed_says_so(ask: TestClient) -> None:
    text = ask.get("/watches/looks/48").text
    assert "This look made no diagnosis" in text
    assert ask.get("/watches/looks/48/diagnosis.json").status_code == 404


def test_a_state_that_waits_to_be_confirmed_is_told(tmp_path: Path) -> None:
    places = places_in(tmp_path)
    memory = Memory()
    for number, state in enumerate((State("healthy"), State("fault", "tcp", "tcp.refused"))):
        look = Look(url=WATCHED, at=1.79e9 + number, state=state)
        memory, changes = remember(memory, look)
        keep(places.history, look, memory, changes, USUAL)
    text = asked(places).get(WATCH).text
    assert "fault tcp.refused, met by 1 look" in text
    assert "<strong>healthy</strong>" in text


def test_each_verdict_has_a_shape_of_its_own() -> None:
    verdicts = ("healthy", "fault", "inconclusive", "unknown")
    drawn = [strip_svg([(0.0, verdict)]) for verdict in verdicts]
    bare = {re.sub(r'class="[a-z]+"', "", each.partition("<path")[2]) for each in drawn}
    assert len(bare) == len(verdicts)


def test_a_long_pause_leaves_a_gap() -> None:
    steady = strip_svg([(60.0 * place, "fault") for place in range(6)])
    paused = strip_svg([(60.0 * place, "fault") for place in (0, 1, 2, 3, 50, 51)])
    places = [re.findall(r'<rect class="bad" x="(\d+)"', each) for each in (steady, paused)]
    assert places[0] == ["0", "6", "12", "18", "24", "30"]
    assert places[1] == ["0", "6", "12", "18", "30", "36"]


def test_what_is_not_there_is_said(ask: TestClient, ask_empty: TestClient) -> None:
    for client in (ask, ask_empty):
        assert client.get("/watches/looks/999").status_code == 404
        assert client.get("/watches/looks/99999999999999999999999").status_code == 404
    assert ask.get("/watches?url=ws://nowhere/").status_code == 404
    assert "hangup watch wss://" in ask_empty.get("/watches").text


def test_the_latest_looks_are_seen_first_where_not_all_fit(browser: Browser, home: str) -> None:
    with tab(browser, home, WATCH) as page:
        page.set_viewport_size({"width": 320, "height": 800})
        strip = page.locator(".latest > svg").bounding_box()
        frame = page.locator(".latest").bounding_box()
    assert strip
    assert frame
    assert strip["width"] > frame["width"]
    assert abs(strip["x"] + strip["width"] - frame["x"] - frame["width"]) < 1
