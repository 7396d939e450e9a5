"""Stores filled as a user's would be, the page that shows them, and a browser to look with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

for folder in ("report", "load_report", "store"):  # what they made by hand is kept here
    sys.path.append(str(Path(__file__).parents[1] / folder))

from starlette.testclient import TestClient  # noqa: E402
from ui_pages import asked, serving  # noqa: E402
from ui_stores import fill, places_in  # noqa: E402

from chromium_pages import chromium  # noqa: E402
from hangup.ui.desk import Places  # noqa: E402


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Stores that hold some of everything."""
    return fill(tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places at which nothing was kept yet."""
    return places_in(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def home(filled: Places) -> Iterator[str]:
    """The address of `hangup ui` with the filled stores, as it is printed."""
    with serving(filled) as url:
        yield url


@pytest.fixture(scope="module")
def empty_home(empty: Places) -> Iterator[str]:
    """The address of `hangup ui` without anything to show."""
    with serving(empty) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which may not outlive a module: its loop would be in the way of others."""
    with chromium() as running:
        yield running


@pytest.fixture
def ask(filled: Places) -> TestClient:
    """Ask the page with the filled stores, without a browser; paths begin with a slash."""
    return asked(filled)


@pytest.fixture
def ask_empty(empty: Places) -> TestClient:
    """Ask the page that has nothing to show."""
    return asked(empty)
