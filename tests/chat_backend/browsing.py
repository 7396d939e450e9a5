"""Chromium on the chat's page, and what must never happen there, whatever is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
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


class Watched:
    """A context of the browser, of whose pages errors and requests to elsewhere are noted."""

    def __init__(self, browser: Browser, port: int) -> None:
        self.home = f"http://127.0.0.1:{port}/"
        self.wrong: list[str] = []
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

    def signed_in(self, user: str) -> Page:
        """Open the page in a new tab, and sign in by name."""
        page = self.page()
        page.get_by_label("Name").fill(user)
        page.keyboard.press("Enter")
        connected(page)
        return page


def connected(page: Page) -> None:
    """Wait until the page says that it is connected."""
    page.locator("#state[data-state=open]").wait_for()


def ask(page: Page, text: str) -> None:
    """Type a question, by keys alone."""
    page.locator("#talk").focus()
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def answered(page: Page, number: int, state: str = "completed", patience: float = PATIENCE) -> str:
    """Wait until the answer of that number has ended in a state, and give its text."""
    article = page.locator("article").nth(number - 1)
    page.locator(f"article:nth-of-type({number})[data-state={state}]").wait_for(timeout=patience)
    return article.locator(".told").inner_text()


def violations(page: Page) -> list[str]:
    """Give what axe finds wrong with a page for those who use it in another way."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations)")
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]
