"""The chat's page in Chromium, used as people use it."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from chromium_pages import PATIENCE, Watched


class Chat(Watched):
    """The chat's page, with a server at a port."""

    def __init__(self, browser: Browser, port: int) -> None:
        super().__init__(browser, f"http://127.0.0.1:{port}/")

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
