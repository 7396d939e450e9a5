from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import report_examples as example
from msgspec.structs import replace

from hangup.diagnosis import Evidence, Finding, Untested
from hangup.report.html import html_report

VOID = {"meta", "br", "img", "line", "rect", "path"}


class Page(HTMLParser):
    """Collects tags and attributes, and checks that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        # The end tags of li, td and the like are all written out in the template.
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


@pytest.fixture
def incident() -> Page:
    traces = [example.incident_trace(), example.plain_trace()]
    return Page(html_report(example.incident_diagnosis(), traces))


@pytest.fixture
def hostile() -> str:
    diagnosis, trace = example.evil_diagnosis()
    return html_report(diagnosis, [trace])


def test_the_page_says_who_hung_up(incident: Page) -> None:
    assert "the server closed first: 1011 'Internal error', 3 ms after the upgrade" in incident.text


def test_every_link_leads_to_a_place_of_the_page(incident: Page) -> None:
    targets = incident.values("href")
    assert "#trace-0-event-9" in targets
    assert {target.removeprefix("#") for target in targets} <= set(incident.values("id"))


def test_no_place_is_named_twice(incident: Page) -> None:
    places = incident.values("id")
    assert len(places) == len(set(places))


def test_the_layers_and_the_frames_are_drawn(incident: Page) -> None:
    drawn = list(incident.values("aria-label"))
    assert [label.split()[0] for label in drawn] == ["the", "Layers:", "5"]


def test_every_trace_is_there_with_its_events(incident: Page) -> None:
    # One for its trace, one for the causes not tested, one for the layer refuted.
    assert incident.tags.count("details") == 3
    assert "response-received" in incident.text


def test_the_page_needs_no_script_and_no_network(hostile: str) -> None:
    page = Page(hostile)
    assert not {"script", "img", "link", "iframe", "object", "embed"} & set(page.tags)
    assert page.values("src") == []
    assert not re.search(r"url\((?!#)|@import", hostile)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page.values("content")


def test_peer_text_is_neither_markup_nor_invisible(hostile: str) -> None:
    assert "<img" not in hostile
    assert "</script>" not in hostile
    assert "\\x1b[2J" in hostile
    assert all(line.isprintable() for line in hostile.splitlines())


def test_no_attribute_holds_an_event_handler_or_a_foreign_address(hostile: str) -> None:
    page = Page(hostile)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(href.startswith("#") for href in page.values("href"))


def test_evidence_of_an_unknown_event_is_no_link() -> None:
    far = Finding(
        cause="tcp.reset",
        verdict="supported",
        confidence=1,
        evidence=(
            Evidence(trace="t9", event=1, says="a"),
            Evidence(trace="t1", event=99, says="b"),
        ),
    )
    found = replace(example.incident_diagnosis(), findings=(far,))
    page = Page(html_report(found, [example.incident_trace()]))
    assert "t9 event 1" in page.text
    assert not [href for href in page.values("href") if "event-99" in href]


def test_a_run_without_traces_has_a_page_too() -> None:
    page = Page(html_report(replace(example.incident_diagnosis(), closure=None), []))
    assert "svg" not in page.tags


def test_an_opening_that_failed_is_drawn_up_to_there() -> None:
    found = example.diagnosis(example.certificate_trace(), "tls.name-mismatch")
    page = Page(html_report(found, [example.certificate_trace()]))
    assert "no WebSocket opened" in page.text


def test_a_talkative_connection_is_drawn_in_part() -> None:
    frames = [example.received(0.004 + i / 1000, f"n{i}") for i in range(100)]
    trace = example.trace(*example.opened(), *frames, example.close_received(0.2, 1001, ""))
    page = Page(html_report(example.diagnosis(trace), [trace]))
    assert "63 steps not drawn" in page.text


def test_the_connection_that_a_recorder_saw_fail_is_drawn_with_what_it_saw() -> None:
    alike = replace(example.incident_trace(), id="t7")
    found = example.joined_diagnosis("t7")
    page = Page(html_report(found, [example.incident_trace(), alike]))
    assert "NameError: name 'time' is not" in page.text
    assert "#trace-1-event-6" in page.values("href")


def test_untested_causes_are_listed() -> None:
    untested = (Untested(cause="auth.scope", reason="no second credential was given"),)
    page = Page(html_report(replace(example.incident_diagnosis(), untested=untested), []))
    assert "no second credential was given" in page.text
