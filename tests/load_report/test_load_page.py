"""The page of a load in Chromium: whole at every width, without an error, open to everyone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import loads_told as example
import pytest
from playwright.sync_api import Browser

from chromium_pages import Scheme, chromium, file_shown, violations
from hangup.load.document import LoadReport
from hangup.load.report import write_load

pytestmark = pytest.mark.timeout(60)
CASES: tuple[tuple[str, LoadReport, Scheme], ...] = (
    ("broke", example.broke(), "light"),
    ("broke", example.broke(), "dark"),
    ("empty", example.empty(), "dark"),
    ("hostile", example.hostile(), "light"),
    ("soak", example.soak(), "dark"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("report", "scheme"), [case[1:] for case in CASES], ids=[f"{c[0]}-{c[2]}" for c in CASES]
)
def test_the_page_serves_everyone_at_every_width(
    browser: Browser, tmp_path: Path, report: LoadReport, scheme: Scheme
) -> None:
    write_load(tmp_path / "run.html", report)
    with file_shown(browser, tmp_path / "run.html", scheme) as page:
        for width in (360, 1440, 3840):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        for summary in page.locator("summary").all():
            summary.click()
        assert violations(page) == []


def test_a_chart_is_as_wide_as_its_frame_and_its_letters_keep_their_size(
    browser: Browser, tmp_path: Path
) -> None:
    write_load(tmp_path / "run.html", example.broke())
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto((tmp_path / "run.html").as_uri())
    heights = []
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        letters = page.locator("svg.chart text").first.bounding_box()
        curve = page.locator("svg.chart path.curve").first.bounding_box()
        frame = page.locator("figure").first.bounding_box()
        assert letters
        assert curve
        assert frame
        heights.append(round(letters["height"], 1))
        assert 0.7 * frame["width"] < curve["width"] < frame["width"]
        assert letters["x"] >= frame["x"]
    assert heights[0] == heights[1]
    page.close()
