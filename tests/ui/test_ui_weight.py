"""How much a browser has to fetch for a view, compressed as it comes over the wire."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from ui_pages import tab

MOST_BYTES = 150_000
FETCHED = """() => ["navigation", "resource"]
  .flatMap((kind) => performance.getEntriesByType(kind))
  .map((each) => [new URL(each.name).pathname.replace(/^\\/[0-9a-f]+/, ""), each.transferSize])"""


@pytest.mark.parametrize("view", ["/runs", "/runs/1", "/runs/3", "/diagnose", "/incidents"])
def test_a_view_is_light(browser: Browser, home: str, view: str) -> None:
    with tab(browser, home, view) as page:
        page.wait_for_load_state("networkidle")
        fetched = dict(page.evaluate(FETCHED))
    assert fetched[view] > 0
    assert "/style.css" in fetched
    assert sum(fetched.values()) < MOST_BYTES, fetched
