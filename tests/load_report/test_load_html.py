from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import loads_told as example
import pytest
from msgspec.structs import replace

from hangup.load.report.html import html_report

VOID = {"meta", "br"}
FORBIDDEN = {"script", "img", "link", "iframe", "object", "embed", "form", "input", "base", "use"}
REPORTS = {
    "healthy": example.healthy(),
    "broke": example.broke(),
    "empty": example.empty(),
    "interrupted": example.interrupted(),
    "hostile": example.hostile(),
    "soak": example.soak(),
}
PAGES = {name: html_report(report) for name, report in REPORTS.items()}


class Elements(HTMLParser):
    """Collects elements with their attributes, and checks that tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


def test_the_page_nests_and_needs_nothing_else(page: str) -> None:
    elements = Elements(page)
    assert not FORBIDDEN & {tag for tag, _ in elements.found}
    assert not re.search(r"url\(|@import|https?://", page.replace("http-equiv", ""))
    names = {name for _, attributes in elements.found for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "href", "style")}
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert policy in [each.get("content") for each in elements.of("meta")]


def test_every_drawing_is_named_and_described(page: str) -> None:
    elements = Elements(page)
    places = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    drawings = [each for each in elements.of("svg") if each.get("role") == "img"]
    for each in drawings:
        assert set(each["aria-labelledby"].split()) <= places
    assert len(elements.of("title")) == len(elements.of("desc")) + 1 == len(drawings) + 1


def test_no_place_is_named_twice(page: str) -> None:
    places = [each["id"] for _, each in Elements(page).found if "id" in each]
    assert len(places) == len(set(places))


def test_every_drawing_is_well_formed_svg(page: str) -> None:
    drawings = re.findall(r'<svg class="chart".*?</svg>(?=\s*(?:<ol|<p|<details))', page, re.DOTALL)
    assert len(drawings) == page.count('<svg class="chart"')
    assert all(ET.fromstring(each).find("title") is not None for each in drawings)


def test_every_chart_has_its_figures_in_a_table(page: str) -> None:
    elements = Elements(page)
    assert len(elements.of("figure")) == len(elements.of("details"))
    assert all(each.get("scope") in ("col", "row") for each in elements.of("th"))


@pytest.mark.parametrize(
    ("name", "charts"),
    [("healthy", 6), ("broke", 8), ("empty", 0), ("interrupted", 5), ("soak", 8)],
)
def test_what_there_is_is_drawn(name: str, charts: int) -> None:
    assert PAGES[name].count('<svg class="chart"') == charts


def test_what_happened_comes_first() -> None:
    text = Elements(PAGES["broke"]).text
    assert "Broke at 1,019 open connections: HTTP 503 by the proxy (nginx)," in text
    assert "proxy.connection-limit (93 %)" in text
    assert "60 s: 80" in text
    assert text.count("FAILED") == 2


def test_evidence_is_cited_by_its_trace() -> None:
    assert all(f">{trace}</td>" in PAGES["broke"] for trace in ("t3", "t17", "t81"))


def test_a_run_without_a_second_says_why_nothing_is_drawn() -> None:
    assert "ended before its first second" in PAGES["empty"]


def test_what_the_endpoint_says_is_neither_markup_nor_invisible() -> None:
    page = PAGES["hostile"]
    assert "<img" not in page
    assert "</script>" not in page
    assert "\\x1b[2J" in page
    assert all(line.isprintable() for line in page.splitlines())


def test_text_of_any_length_leaves_a_page_that_can_be_opened() -> None:
    long = example.closures("fin", 1, words="a" * 10**6, reason="b" * 10**6, after={"c" * 10**6: 1})
    page = html_report(replace(example.broke(), closures=(long,)))
    assert len(page) < 200_000


def test_a_table_says_over_what_it_gathers_where_its_drawing_does_not() -> None:
    assert '<p class="quiet">Each point is the highest second of 2 s.</p>' in PAGES["broke"]
    assert PAGES["broke"].count("They stand on each other") == 1


def test_a_day_is_a_small_page_soon_written() -> None:
    began = time.thread_time()
    page = html_report(REPORTS["soak"])
    assert time.thread_time() - began < 5
    assert len(page) < 300_000
    assert "highest second of 2 min 24 s" in page
