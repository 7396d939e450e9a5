"""Every view in Chromium: whole at every width, in both themes, open to everyone, at peace."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from ui_pages import serves_everyone, tab
from ui_stores import ENVIRONMENT, EVIL_INCIDENT, INCIDENT, PLAN, WATCHED

pytestmark = pytest.mark.timeout(120)
VIEWS = {
    "runs": "/runs",
    "run": "/runs/1",
    "run-hostile": "/runs/3",
    "connection": "/runs/1/t1",
    "two-connections": "/compare?a=d1/t1&b=d2/t1",
    "diagnose": "/diagnose",
    "search": "/search?q=internal",
    "incidents": "/incidents",
    "incident": f"/incidents/{INCIDENT}",
    "incident-hostile": f"/incidents/{EVIL_INCIDENT}",
    "plans": "/plans",
    "plan": f"/plans?plan={PLAN}&env={ENVIRONMENT}",
    "plan-run": "/plans/r21",
    "watches": "/watches",
    "watch": f"/watches?url={WATCHED}",
    "look": "/watches/looks/45",
    "look-crashed": "/watches/looks/48",
    "loads": "/loads",
    "load": "/loads/5",
    "load-hostile": "/loads/6",
}
EMPTY = ("runs", "search", "incidents", "plans", "loads", "watches")
"""Views that say what would stand there, when nothing is kept."""


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_serves_everyone(browser: Browser, home: str, name: str) -> None:
    with tab(browser, home, VIEWS[name]) as page:
        assert serves_everyone(page, name) == []


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_view_serves_everyone(browser: Browser, empty_home: str, name: str) -> None:
    with tab(browser, empty_home, VIEWS[name]) as page:
        assert serves_everyone(page, f"{name}-empty") == []
