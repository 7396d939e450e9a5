"""A diagnosis begun from the page: its form, its progress in the browser, and how it can end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from ui_pages import serving, tab
from ui_stores import places_in

from hangup.cli.ui import order_errand
from hangup.errors import UsageError
from hangup.ui.desk import Places

pytestmark = pytest.mark.timeout(120)
SECRET = "s3cret-of-the-form"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return places_in(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def address(places: Places) -> Iterator[str]:
    with serving(places) as url:
        yield url


def _begin(page: Page, url: str, **fields: str) -> None:
    page.fill("#f-url", url)
    page.click("summary")
    for name, text in fields.items():
        page.fill(f"#f-{name}", text)
    page.click("button:has-text('Diagnose')")


def test_a_diagnosis_is_shown_while_it_runs_and_then_kept(
    browser: Browser, address: str, start_server: Callable[..., str]
) -> None:
    silent = start_server("uvicorn-websockets", "echo")
    with tab(browser, address, "/diagnose") as page:
        _begin(page, silent, send="hello", expect="never said", budget="6", token=SECRET)
        page.wait_for_selector(".steps .ended")
        assert "baseline" in page.inner_text("#steps")
        assert SECRET not in page.content()
        page.wait_for_url(re.compile(r"/runs/\d+$"), timeout=30_000)
        assert page.inner_text(".verdict")
        assert SECRET not in page.content()


def test_a_page_that_comes_later_hears_everything(
    browser: Browser, address: str, start_server: Callable[..., str]
) -> None:
    with tab(browser, address, "/diagnose") as page:
        _begin(
            page, start_server("uvicorn-websockets", "echo"), expect="never", send="x", budget="8"
        )
        page.wait_for_selector(".steps .ended")
        page.reload()
        page.wait_for_selector(".steps .ended:has-text('baseline')")
        page.goto(page.url.partition("/live/")[0] + "/diagnose")
        assert "Running:" in page.inner_text("main")


def test_a_diagnosis_that_is_stopped_is_judged_by_what_it_saw(
    browser: Browser, address: str, start_server: Callable[..., str]
) -> None:
    with tab(browser, address, "/diagnose") as page:
        _begin(
            page, start_server("uvicorn-websockets", "echo"), expect="never", send="x", budget="60"
        )
        page.wait_for_selector(".steps .ended")
        page.click("button:has-text('Stop and judge')")
        page.wait_for_url(re.compile(r"/runs/\d+$"))
        assert "Interrupted" in page.inner_text("main")


def test_what_is_wrong_with_an_order_stands_above_the_form(browser: Browser, address: str) -> None:
    with tab(browser, address, "/diagnose") as page:
        _begin(page, "ftp://example.com/", budget="3", token=SECRET)
        said = page.inner_text("[role=alert]")
        assert said.startswith("URL: the scheme 'ftp'")
        assert page.input_value("#f-budget") == "3"
        assert page.input_value("#f-token") == ""
        assert SECRET not in page.content()


def test_the_form_serves_who_has_no_mouse(
    browser: Browser, address: str, start_server: Callable[..., str]
) -> None:
    with tab(browser, address, "/runs") as page:
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.name") == "q"
        page.keyboard.type("nothing of it")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=nothing*")
        page.goto(page.url.partition("/search")[0] + "/diagnose")
        assert page.evaluate("document.activeElement.name") == "url"
        page.keyboard.type(start_server("uvicorn-websockets", "echo"))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/runs/\d+$"), timeout=40_000)
        assert "healthy" in page.inner_text(".verdict").lower()


def _order(typed: dict[str, str], folder: Path) -> object:
    return order_errand(typed, places_in(folder))


def test_no_credential_stands_among_the_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGUP_TOKEN", "of another endpoint")
    typed = {"url": f"ws://127.0.0.1:1/?token={SECRET}", "header": f"X-Key: {SECRET}"}
    errand = order_errand(typed, places_in(tmp_path))
    assert SECRET not in " ".join(errand.arguments)
    assert SECRET not in errand.url
    assert SECRET not in repr(errand)
    assert "HANGUP_TOKEN" not in errand.environment
    assert errand.environment["HANGUP_HEADER"] == f"X-Key: {SECRET}"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({}, "--url"),
        ({"url": "ws://127.0.0.1:1/", "budget": "soon"}, "--budget"),
        ({"url": "ws://127.0.0.1:1/", "budget": "-1"}, "--budget"),
        ({"url": "ws://127.0.0.1:1/", "token_in": "elsewhere"}, "--token-in"),
        ({"url": "ws://127.0.0.1:1/", "expect": "("}, "--expect"),
        ({"url": "ws://127.0.0.1:1/", "recorder": "/etc/passwd"}, "--recorder"),
    ],
)
def test_an_order_is_checked_as_a_command_is(
    typed: dict[str, str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        _order(typed, tmp_path)
