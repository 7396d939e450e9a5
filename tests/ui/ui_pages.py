"""The page as it is served by `hangup ui`, in Chromium, or asked in this process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

from chromium_pages import Scheme, Watched, violations
from hangup.ui.app import Page as Application
from hangup.ui.desk import Desk, Places
from hangup.ui.guard import COOKIE, Door

WIDTHS = (320, 1280, 3840)
ASKED: tuple[tuple[int, Scheme], ...] = ((320, "light"), (1280, "light"), (1280, "dark"))
"""Widths and themes that are looked through for what shuts people out."""
HOST = "127.0.0.1:8383"


@contextmanager
def serving(places: Places) -> Iterator[str]:
    """Run `hangup ui` with these stores, and give the address that it prints."""
    argv = [sys.executable, "-m", "hangup", "ui", "--port", "0", "--archive", places.archive]
    argv += ["--runs", places.runs, "--history", places.history]
    argv += [part for path in places.recorders for part in ("--recorder", path)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = process.stderr.readline()
        found = re.search(r"http://\S+", said)
        assert found, said + process.stderr.read()
        try:
            yield found[0]
        finally:
            process.terminate()
            rest = process.stderr.read()
    assert rest.strip() == ""


def asked(places: Places) -> TestClient:
    """Give a client that was let in, whose paths are those below the page's own."""
    door = Door(hosts=(HOST,))
    base = f"http://{HOST}{door.base}"
    app = Application(desk_of(places), door).app
    return TestClient(app, base_url=base, cookies={COOKIE: door.token})


def desk_of(places: Places) -> Desk:
    """Give a desk at which nothing can be ordered."""
    return Desk(places=places, order=_refuse)


def _refuse(typed: object) -> NoReturn:
    raise AssertionError("no diagnosis is begun here")


@contextmanager
def tab(browser: Browser, home: str, path: str) -> Iterator[Page]:
    """Open a view in a browser that was let in; nothing may go wrong until the end."""
    watched = Watched(browser, home)
    try:
        page = watched.page()
        page.wait_for_url("**/runs")
        answer = page.goto(home.partition("/?")[0] + path)
        assert answer
        assert answer.status == 200, page.inner_text("main")
        yield page
    finally:
        watched.context.close()
    assert watched.wrong == []


def serves_everyone(page: Page, name: str) -> list[str]:
    """Give what is wrong with a view at any width, in both themes; how it looks is kept beside."""
    wrong = _headings(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wrong.append(f"{needed} pixels are needed where there are {width}")
        page.screenshot(path=screenshots() / f"{name}-{width}.png", full_page=True)
    for width, scheme in ASKED:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{scheme}, at {width}: {each}" for each in violations(page)]
    page.screenshot(path=screenshots() / f"{name}-dark-{width}.png", full_page=True)
    return wrong


def _headings(page: Page) -> list[str]:
    levels = [int(each.evaluate("e => e.tagName[1]")) for each in page.locator("h1,h2,h3,h4").all()]
    wrong = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    steps = [(above, below) for above, below in pairwise(levels) if below > above + 1]
    return wrong + [f"h{above} is followed by h{below}" for above, below in steps]


def screenshots() -> Path:
    """Give the folder of pictures: $HANGUP_SCREENSHOTS, or one for temporary files."""
    named = os.environ.get("HANGUP_SCREENSHOTS")
    folder = Path(named) if named else Path(tempfile.gettempdir()) / "hangup-screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
