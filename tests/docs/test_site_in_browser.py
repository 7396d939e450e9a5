"""The site in Chromium: for every reader, light and dark, narrow and wide, and offline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from chromium_pages import Watched, chromium, violations

pytestmark = pytest.mark.timeout(600)  # the first of them builds the site
NAMES = (
    "index.html",
    "tutorial/first-diagnosis.html",
    "symptoms/1011.html",
    "causes/session/masked-exception.html",
    "reference/options.html",
    "404.html",
)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port(site: Path) -> Iterator[int]:
    handler = partial(Quiet, directory=str(site.parents[1]))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_pages_can_be_read(browser: Browser, port: int, scheme: str, width: int) -> None:
    watched = Watched(browser, f"http://127.0.0.1:{port}/")
    page = watched.context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name in NAMES:
        page.goto(f"{watched.home}en/latest/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert violations(page) == [], name
    watched.context.close()
    assert watched.wrong == []


def test_the_answer_stands_on_the_first_screen_of_a_telephone(browser: Browser, port: int) -> None:
    watched = Watched(browser, f"http://127.0.0.1:{port}/")
    page = watched.context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{watched.home}en/latest/causes/session/masked-exception.html")
    box = page.get_by_text("Fix:").first.bounding_box()
    watched.context.close()
    assert box
    assert box["y"] + box["height"] < 740


def test_the_search_works_and_asks_nobody_else(browser: Browser, port: int) -> None:
    watched = Watched(browser, f"http://127.0.0.1:{port}/")
    page = watched.context.new_page()
    page.goto(f"{watched.home}en/latest/index.html")
    page.get_by_placeholder("Search").fill("keepalive ping timeout")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()
    found = page.locator("ul.search li a").all_inner_texts()
    assert violations(page) == []
    watched.context.close()
    assert any("keepalive ping timeout" in each for each in found)
    assert watched.wrong == []


def test_a_page_is_reached_by_the_keyboard_alone(browser: Browser, port: int) -> None:
    watched = Watched(browser, f"http://127.0.0.1:{port}/")
    page = watched.context.new_page()
    page.goto(f"{watched.home}en/latest/index.html")
    link = page.locator("article a", has_text="1011").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/symptoms/1011.html")
    assert "1011" in page.locator("h1").inner_text()
    watched.context.close()
