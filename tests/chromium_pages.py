"""Chromium on pages of ours, and what must never happen there, whatever is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 10_000.0
"""Milliseconds that anything may take to show."""
Scheme = Literal["light", "dark"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium while the context lasts."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def file_shown(browser: Browser, file: Path, scheme: Scheme) -> Iterator[Page]:
    """Show a page of ours that needs no server; it may say nothing wrong and ask for nothing."""
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    wrong: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: wrong.append(message.text))
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(file.as_uri())
    yield page
    assert (wrong, asked) == ([], [file.as_uri()])
    context.close()


class Watched:
    """A context of the browser, of whose pages errors and requests to elsewhere are noted."""

    def __init__(self, browser: Browser, home: str) -> None:
        self.home, self.wrong = home, list[str]()
        self.context: BrowserContext = browser.new_context(viewport={"width": 1000, "height": 700})
        self.context.set_default_timeout(PATIENCE)
        self.context.on("request", lambda request: self._asked(request.url))
        self.context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        self.context.on("console", lambda said: self._said(said.type, said.text))

    def _asked(self, url: str) -> None:
        if urlsplit(url).hostname not in ("127.0.0.1", None):
            self.wrong.append(url)

    def _said(self, kind: str, text: str) -> None:
        # What a browser notes by itself of a network or a server that says no is no fault here.
        expected = any(words in text for words in ("net::ERR", "WebSocket", "Failed to load"))
        if kind in ("error", "warning") and not expected:
            self.wrong.append(text)

    def page(self) -> Page:
        """Open the page in a new tab."""
        page = self.context.new_page()
        page.goto(self.home)
        return page


def violations(page: Page) -> list[str]:
    """Give what axe finds wrong with a page for those who use it in another way."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations)")
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]
