"""Loads on the page: their list, what one shows, its connections, and its file."""

from __future__ import annotations

import loads_told
import pytest
from starlette.testclient import TestClient

from hangup.load.report.html import html_report


def test_the_list_has_what_became_of_each_and_no_diagnosis(ask: TestClient) -> None:
    text = ask.get("/loads").text
    assert text.count('<a class="row') == 3
    assert "It was borne" in text
    assert "passed</span>" in text
    assert "failed</span>" in text
    assert "session.masked-exception" not in ask.get("/loads/4").text


def test_the_list_can_be_of_one_url(ask: TestClient) -> None:
    assert "None of these is kept." in ask.get("/loads?url=ws://nowhere/").text
    assert ask.get(f"/loads?url={loads_told.URL}").text.count('<a class="row') == 2


def test_a_load_is_shown_as_its_file_shows_it(ask: TestClient) -> None:
    page = ask.get("/loads/5").text
    file = ask.get("/loads/5/report.html")
    assert file.text == html_report(loads_told.broke())
    assert file.headers["content-disposition"] == 'attachment; filename="hangup-load-d5.html"'
    for shown in ('<svg class="chart"', "Broke at 1,019 open connections", "proxy.idle-timeout"):
        assert shown in page
        assert shown in file.text
    assert page.count('<svg class="chart"') == file.text.count('<svg class="chart"')


def test_a_connection_that_is_kept_is_linked_and_no_other(ask: TestClient) -> None:
    text = ask.get("/loads/5").text
    assert '/runs/5/t3">t3</a>' in text
    assert ">t17</td>" in text
    assert ask.get("/runs/5/t3").status_code == 200


def test_what_a_peer_said_is_only_text(ask: TestClient) -> None:
    text = ask.get("/loads/6").text
    assert "owned" in text
    assert [sign for sign in ("<img src=x", "\x1b", "\u202e") if sign in text] == []


@pytest.mark.parametrize("number", ["1", "999", "99999999999999999999999"])
@pytest.mark.parametrize("ending", ["", "/report.html"])
def test_a_number_of_no_load_is_refused(ask: TestClient, number: str, ending: str) -> None:
    assert ask.get(f"/loads/{number}{ending}").status_code == 404


def test_no_archive_says_what_fills_it(ask_empty: TestClient) -> None:
    assert "hangup load ws://" in ask_empty.get("/loads").text
    assert ask_empty.get("/loads/1").status_code == 404
