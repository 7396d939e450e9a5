"""Plans on the page: a grid of checks by runs, each run, and what changed in between."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec.structs import replace
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient
from ui_pages import asked, tab
from ui_stores import ENVIRONMENT, PLAN, places_in, run_of_plan

from hangup.plan.over_runs import rows_of
from hangup.store import runs
from hangup.ui.desk import Places

GRID = f"/plans?plan={PLAN}&env={ENVIRONMENT}"
CELL = re.compile(r'#check-(\d+)" title="([^"]*)".*?<span class="unseen">([^<]*)</span>', re.S)


def row(text: str, name: str) -> list[tuple[str, str, str]]:
    """Give the cells of a check: the place that each links to, what it met, and its words."""
    whole = text.partition(f'class="pin">{name}</th>')[2].partition("</tr>")[0]
    return CELL.findall(whole)


def kept(folder: Path, *given: bytes) -> TestClient:
    places = places_in(folder)
    for number, body in enumerate(given):
        runs.keep(places.runs, PLAN, "", 1.79e9 + number, body)
    return asked(places)


def test_a_plan_of_two_environments_is_two(ask: TestClient) -> None:
    text = ask.get("/plans").text
    assert text.count('<a class="row') == 2
    assert "23 runs" in text
    assert "5 of the last 20 runs passed" in text


def test_the_latest_run_is_on_the_left_and_older_ones_follow(ask: TestClient) -> None:
    text = ask.get(GRID).text
    assert re.findall(r">r(\d+)</a><br>", text) == [str(n) for n in range(23, 3, -1)]
    older = ask.get(f"{GRID}&before=4").text
    assert re.findall(r">r(\d+)</a><br>", older) == ["3", "2", "1"]


def test_a_change_of_symptom_is_marked_and_a_failure_that_goes_on_is_not(ask: TestClient) -> None:
    cells = row(ask.get(GRID).text, "a token opens it")
    said = [words for _, _, words in cells]
    assert said[:3] == ["failed", "failed", "failed, symptom changed"]
    assert said[3:9] == ["failed"] * 4 + ["failed, broken", "passed"]
    assert "403 Forbidden" in cells[2][1]
    assert "1011" in cells[3][1]


def test_a_change_to_the_run_before_the_page_is_known(ask: TestClient) -> None:
    cells = row(ask.get(f"{GRID}&before=17").text, "a token opens it")
    assert cells[0][2] == "failed, broken"
    newest = row(ask.get(f"{GRID}&before=4").text, "a token opens it")
    assert newest[-1][2] == "passed"


def test_a_check_that_was_not_run_stands_in_its_phase(ask: TestClient) -> None:
    cells = row(ask.get(GRID).text, "the stream of answer 1 ends with its last event")
    assert cells[0][2] == "not run"
    assert "the gate &#39;opens&#39; is shut" in cells[0][1]
    assert cells[7][2] == "not run, newly not executed"


def test_a_cell_leads_to_its_check(ask: TestClient) -> None:
    for place, title, _ in row(ask.get(GRID).text, "a token opens it")[:1]:
        text = ask.get("/plans/r23").text
        assert f'id="check-{place}"' in text
        assert title.removeprefix("failed: ") in text


def test_a_run_is_compared_with_the_one_before_it(ask: TestClient) -> None:
    text = ask.get("/plans/r21").text
    assert "1 symptom changed" in text
    assert "this is no success" in text
    assert "no other build was tested" in text
    other = ask.get("/plans/r21?with=15").text
    assert '<strong class="bad">worse</strong>' in other
    assert "the build changed from 2.3.1 to 2.4.0" in other


def test_the_first_run_of_all_has_nothing_beside_it(ask: TestClient) -> None:
    text = ask.get("/plans/r1").text
    assert "Since" not in text
    assert 'rel="next"' in text


def test_a_run_that_cannot_be_read_costs_a_sentence(tmp_path: Path) -> None:
    good = msgspec.json.encode(run_of_plan(1, 1.79e9))
    client = kept(tmp_path, good, b"{}", b"\xff", good)
    text = client.get(f"/plans?plan={PLAN}").text
    assert "2 runs cannot be read" in text
    assert re.findall(r">r(\d+)</a><br>", text) == ["4", "1"]
    assert client.get("/plans").status_code == 200
    assert client.get("/plans/r2").status_code == 500


def test_a_run_beside_one_that_cannot_be_read_is_shown_all_the_same(tmp_path: Path) -> None:
    client = kept(tmp_path, b"{}", msgspec.json.encode(run_of_plan(1, 1.79e9)))
    answer = client.get("/plans/r2")
    assert answer.status_code == 200
    assert "a token opens it" in answer.text


def test_what_is_not_there_is_said(ask: TestClient, ask_empty: TestClient) -> None:
    for client in (ask, ask_empty):
        assert client.get("/plans/r999").status_code == 404
        assert client.get("/plans/r99999999999999999999999").status_code == 404
    assert ask.get("/plans?plan=other.yaml").status_code == 404
    assert "hangup test FILE" in ask_empty.get("/plans").text


def test_what_a_peer_said_is_only_text(ask: TestClient, filled: Places) -> None:
    for view in (GRID, "/plans/r23"):
        text = ask.get(view).text
        assert "owned" in text
        assert [sign for sign in ("<img src=x", "\x1b", "\u202e") if sign in text] == []


def test_a_check_that_moved_to_another_phase_stands_once() -> None:
    new, old = run_of_plan(3, 2.0), run_of_plan(2, 1.0)
    moved = replace(old, phases=(replace(old.phases[0], name="before"), *old.phases[1:]))
    found = rows_of([new, moved], None)
    assert [phase.name for phase in found] == ["opens", "answers"]
    assert [cell.check is not None for cell in found[0].rows[0].cells] == [True, True]


def test_a_check_of_some_runs_alone_has_empty_cells() -> None:
    new, old = run_of_plan(3, 2.0), run_of_plan(2, 1.0)
    fewer = replace(new, phases=(replace(new.phases[0], checks=new.phases[0].checks[:1]),))
    found = rows_of([fewer, old], None)
    names = [each.name for phase in found for each in phase.rows]
    assert names[0] == "a token opens it"
    assert found[0].rows[1].cells[0].check is None
    assert found[0].rows[1].cells[1].check is not None


def test_the_names_of_checks_stay_in_sight_when_the_grid_is_moved_by_keys(
    browser: Browser, home: str
) -> None:
    with tab(browser, home, GRID) as page:
        page.set_viewport_size({"width": 360, "height": 800})
        grid = page.get_by_role("region", name="Checks by runs")
        grid.focus()
        name = page.get_by_role("rowheader", name="a token opens it")
        before = name.bounding_box()
        oldest = page.get_by_role("columnheader", name="r4 ")
        expect(oldest).not_to_be_in_viewport()
        for _ in range(40):
            page.keyboard.press("ArrowRight")
        expect(oldest).to_be_in_viewport()
        assert name.bounding_box() == before
