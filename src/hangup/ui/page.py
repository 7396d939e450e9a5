"""How a view becomes a page: templates, the words of times and links, and what errors look like."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from hangup import __version__
from hangup.report.page import page_environment
from hangup.report.units import duration

DAY = 86_400.0
UNKNOWN = Markup("an unknown time")
VIEWS = (
    ("runs", "Diagnoses"),
    ("incidents", "Incidents"),
    ("plans", "Plans"),
    ("loads", "Loads"),
    ("watches", "Watches"),
)
"""The parts of the page, as its navigation has them: a path, and what it is called."""
HEALTH = {"healthy": "good", "fault": "bad", "inconclusive": "unsure"}


class Refusal(Exception):  # noqa: N818 - an answer, which carries its status
    """A request gets this status, with a sentence that says why."""

    def __init__(self, status: int, says: str) -> None:
        self.status, self.says = status, says
        super().__init__(says)


def render(request: Request, template: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """Write a page; whatever a peer said is escaped for HTML, and made visible."""
    base = request.scope["root_path"]
    text = (
        _environment()
        .get_template(template)
        .render(
            base=base,
            views=VIEWS,
            version=__version__,
            here=request.url.path.removeprefix(base),
            link=linker(base),
            **values,
        )
    )
    return HTMLResponse(text, status)


def refusal_page(request: Request, refused: Exception) -> HTMLResponse:
    """Say what is wrong with a request, in a page like the others."""
    assert isinstance(refused, Refusal)
    return render(request, "refused.html.j2", refused.status, says=refused.says)


def moment(at: float, now: float | None = None) -> Markup:
    """Write a time (seconds since the epoch) for people, in the time zone of this machine."""
    local = local_time(at)
    if local is None:
        return UNKNOWN
    age = (time.time() if now is None else now) - at
    shown = f"{local:%H:%M:%S}" if abs(age) < DAY / 2 else f"{local:%Y-%m-%d %H:%M}"
    said = f"{shown}, {ago(age)} ago" if 0 <= age < DAY else shown
    iso = local.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, iso, said)


def local_time(at: float) -> datetime | None:
    """Give a time in this machine's time zone, None where no calendar has it."""
    try:
        return datetime.fromtimestamp(at).astimezone()
    except (OverflowError, OSError, ValueError):
        return None


def ago(age: float) -> str:
    """Say roughly how long ago something was."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if age >= size:
            return f"{age / size:.0f} {unit}"
    return f"{max(age, 0.0):.0f} s"


def linker(base: str) -> Callable[..., str]:
    """Give what writes a link below the page's path; what is None is left out of its query."""

    def link(path: str, **query: object) -> str:
        asked = {name: value for name, value in query.items() if value is not None}
        return f"{base}/{path}{'?' if asked else ''}{urlencode(asked)}"

    return link


@cache
def _environment() -> Environment:
    environment = page_environment("hangup.ui", "templates")
    environment.filters.update(moment=moment, health=lambda verdict: HEALTH.get(verdict, "unsure"))
    environment.globals.update(duration=duration)
    return environment
