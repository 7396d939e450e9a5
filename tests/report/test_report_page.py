"""A report and a picture in Chromium: whole at every width, quiet, and open to everyone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import report_examples as example
from msgspec.structs import replace
from playwright.sync_api import Browser, Page

from chromium_pages import Scheme, chromium, file_shown, violations
from hangup.diagnosis import Diagnosis
from hangup.report.html import html_report
from hangup.report.picture import picture
from hangup.trace import Trace

pytestmark = pytest.mark.timeout(60)
WIDE = example.trace(*example.opened(), example.close_received(1.0, 1011, "漢字" * 30))
EVIL, EVIL_TRACE = example.evil_diagnosis()
CASES: tuple[tuple[str, Diagnosis, Trace, Scheme], ...] = (
    ("joined", example.joined_diagnosis(), example.incident_trace(), "light"),
    ("joined", example.joined_diagnosis(), example.incident_trace(), "dark"),
    ("healthy", example.diagnosis(example.healthy_trace(), None), example.healthy_trace(), "dark"),
    (
        "refused",
        example.diagnosis(example.refused_trace(), "auth.refused"),
        example.refused_trace(),
        "light",
    ),
    ("wide", example.diagnosis(WIDE), WIDE, "light"),
    ("hostile", EVIL, EVIL_TRACE, "dark"),
)
# Text that stands out of its drawing is cut off by a picture, and covers what is beside it.
OUTSIDE = """() => [...document.querySelectorAll('figure > svg')].flatMap(svg => {
    const room = svg.getBoundingClientRect()
    return [...svg.querySelectorAll('text')].filter(text => {
        const box = text.getBoundingClientRect()
        return box.left < room.left - 2 || box.right > room.right + 2
    }).map(text => text.textContent)
})"""
OVERLAPPING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    const all = [...svg.querySelectorAll('text')]
    const texts = all.map(each => [each, each.getBoundingClientRect()])
    return texts.flatMap(([a, one], i) => texts.slice(i + 1).filter(([b, other]) =>
        one.left < other.right - 1 && other.left < one.right - 1 &&
        one.top < other.bottom - 4 && other.top < one.bottom - 4
    ).map(([b]) => [a.textContent, b.textContent]))
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("diagnosis", "trace", "scheme"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]}-{case[3]}" for case in CASES],
)
def test_a_report_serves_everyone_at_every_width(
    browser: Browser, tmp_path: Path, diagnosis: Diagnosis, trace: Trace, scheme: Scheme
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_report(diagnosis, [trace]), "utf-8")
    with file_shown(browser, path, scheme) as page:
        for width in (360, 1280, 3840):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(OUTSIDE) == []
            assert page.evaluate(OVERLAPPING) == []
        for summary in page.locator("summary").all():
            summary.click()
        assert violations(page) == []


def test_a_step_leads_to_its_event_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_report(example.joined_diagnosis(), [example.incident_trace()]), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator("svg a").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('tr:target .name').textContent") == "request-sent"
    page.close()


def colours(page: Page, picture: Path, scheme: Scheme) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.goto(picture.as_uri())
    wanted = ("rect.paper", "text.heading", "rect.actor.ended")
    return [
        page.evaluate(f"getComputedStyle(document.querySelector('{each}')).fill") for each in wanted
    ]


def test_a_picture_follows_the_theme_of_its_reader(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_bytes(picture(example.incident_trace(), example.server_moments()))
    page = browser.new_page()
    light, dark = colours(page, path, "light"), colours(page, path, "dark")
    assert light == ["rgb(255, 255, 255)", "rgb(29, 31, 36)", "rgb(179, 38, 30)"]
    assert dark == ["rgb(29, 32, 38)", "rgb(230, 228, 223)", "rgb(255, 138, 128)"]
    page.close()


def test_a_picture_holds_all_that_is_drawn(browser: Browser, tmp_path: Path) -> None:
    frames = [example.received(0.01 + i / 1e3, "漢字" * 60) for i in range(300)]
    trace = replace(example.trace(*example.opened(), *frames), url="ws://h/" + "a" * 300)
    path = tmp_path / "picture.svg"
    path.write_bytes(picture(trace, example.server_moments()))
    page = browser.new_page()
    page.goto(path.as_uri())
    script = """() => {
        const all = document.documentElement.getBBox(), svg = document.documentElement
        return [all.x >= -1, all.y >= -1, all.x + all.width <= svg.width.baseVal.value + 1,
                all.y + all.height <= svg.height.baseVal.value + 1]
    }"""
    assert page.evaluate(script) == [True] * 4
    assert page.evaluate(OVERLAPPING) == []
    page.close()
