"""Watched endpoints: how each is now and was before, its changes, its looks, and one look."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hangup.load.report.axes import since, time_axis, time_log_axis
from hangup.load.report.chart import Chart, Line
from hangup.load.report.drawn import chart_svg
from hangup.load.report.words import ms
from hangup.report.html import diagnosis_values
from hangup.report.units import count, duration
from hangup.store.diagnoses import diagnosis_of
from hangup.store.watches import History, opened
from hangup.ui.asked import number_of, there
from hangup.ui.desk import Desk
from hangup.ui.drawn import strip_svg
from hangup.ui.page import Refusal, render
from hangup.watching.kept import changes_of, glances_of, look_of, memory_of
from hangup.watching.lines import change_words
from hangup.watching.memory import Memory, days_left
from hangup.watching.standing import SEVERITY
from hangup.watching.words import VERDICTS, Look

MOST_URLS = 50
MOST_IN_LIST = 60
"""Looks that the strip of a list has."""
MOST_LOOKS = 240
"""Looks that the strip and the chart of one endpoint have."""
MOST_ROWS = 50
"""Looks of one table."""
MOST_CHANGES = 50
Numbered = tuple[int, Look]


class Watched(Struct, frozen=True):
    """One endpoint of the list: what is remembered of it, and its last looks, the latest first."""

    url: str
    memory: Memory
    looks: tuple[Numbered, ...]

    @property
    def last(self) -> Look | None:
        """The last look, where one is left."""
        return self.looks[0][1] if self.looks else None


def routes(desk: Desk) -> list[Route]:
    """Give the routes of the list or of one endpoint, and of one look."""
    view = Watches(desk.places.history)
    return [
        Route("/watches", view.listed),
        Route("/watches/looks/{number:int}", view.look),
        Route("/watches/looks/{number:int}/diagnosis.json", view.document),
    ]


class Watches:
    """The endpoints, one of them, and what single looks found."""

    def __init__(self, history: str) -> None:
        self._history = history

    def listed(self, request: Request) -> Response:
        """List the endpoints, or show one."""
        url = request.query_params.get("url")
        before = number_of(request.query_params.get("before"), "before")
        start = number_of(request.query_params.get("from"), "from") or 0
        if not Path(self._history).is_file():
            return render(request, "watches.html.j2", watched=(), after=None, **WORDS)
        with opened(self._history) as history:
            urls = history.urls()
            if url is not None:
                if url not in urls:
                    raise Refusal(404, "Nothing is kept of such a URL.")
                return self._one(request, history, url, before)
            known = sorted(((self._memory(history, each), each) for each in urls), key=_worst)
            watched = [
                Watched(each, memory, glances_of(history, each, MOST_IN_LIST))
                for memory, each in known[start : start + MOST_URLS]
            ]
        after = start + MOST_URLS if start + MOST_URLS < len(urls) else None
        return render(request, "watches.html.j2", watched=watched, after=after, **WORDS)

    def _one(self, request: Request, history: History, url: str, before: int | None) -> Response:
        looks = glances_of(history, url, MOST_LOOKS)
        each = Watched(url, self._memory(history, url), looks)
        table = glances_of(history, url, MOST_ROWS + 1, before)
        return render(
            request, "watch.html.j2",
            each=each, changes=changes_of(history, url, MOST_CHANGES), table=table[:MOST_ROWS],
            older=table[MOST_ROWS - 1][0] if len(table) > MOST_ROWS else None,
            newer=before is not None, chart=_chart([look for _, look in each.looks]), **WORDS,
        )  # fmt: skip

    def _memory(self, history: History, url: str) -> Memory:
        return memory_of(history, url, self._history)

    def look(self, request: Request) -> Response:
        """Show what one look found, as a diagnosis is shown."""
        number = request.path_params["number"]
        look, before = self._found(number)
        values = {}
        if look.diagnosis:
            values = diagnosis_values(diagnosis_of(look.diagnosis), ())
        return render(
            request, "look.html.j2",
            number=number, look=look, before=before, page_of=_nowhere, **values,
        )  # fmt: skip

    def document(self, request: Request) -> Response:
        """Give the document of one look as a file."""
        number = request.path_params["number"]
        look, _ = self._found(number)
        if not look.diagnosis:
            raise Refusal(404, "This look made no diagnosis.")
        name = f'attachment; filename="hangup-look-{number}.json"'
        headers = {"content-disposition": name}
        return Response(look.diagnosis, media_type="application/json", headers=headers)

    def _found(self, number: int) -> tuple[Look, int | None]:
        """Find a look, and the number of the one before it at the same URL."""
        with opened(there(self._history)) as history:
            look = look_of(history, number) if number < 1 << 62 else None
            if look is None:
                raise Refusal(404, "No such look is kept. The oldest go first.")
            before = glances_of(history, look.url, 1, number)
        return look, before[0][0] if before else None


def _worst(known: tuple[Memory, str]) -> tuple[int, str]:
    """Order endpoints: what is wrong first, and of those that are alike by their URLs."""
    memory, url = known
    verdict = memory.state.verdict if memory.state else "unknown"
    return SEVERITY.index(verdict), url


def _nowhere(trace: str) -> None:
    """A watch keeps no traces."""


def _chart(looks: Sequence[Look]) -> Markup | None:
    """Draw how long the looks took, which are given with the latest first."""
    if len(looks) < 2:
        return None
    in_order = looks[::-1]
    xs = tuple(max(each.at - in_order[0].at, 0.0) for each in in_order)
    took = tuple(each.elapsed_s * 1000 for each in in_order)
    highest, lowest = max(took), min(took)
    return chart_svg(
        Chart(
            anchor="took",
            title="How long each look took",
            says=f"Between {ms(lowest)} and {ms(highest)}, the last one {ms(took[-1])}.",
            x_name="Since the first of them",
            xs=xs,
            x_axis=time_axis(max(xs)),
            y_axis=time_log_axis(lowest, highest),
            lines=(Line(name="took", style="s1", values=took),),
            written=ms,
            x_written=since,
        )
    )


def strip(looks: Sequence[Numbered], says: bool) -> Markup:
    """Draw looks in a row, the latest last; with words where nothing else tells of them."""
    in_order = [look for _, look in looks[::-1]]
    told = _told(in_order) if says else ""
    marks = [(look.at, look.state.verdict) for look in in_order]
    return strip_svg(marks, told)


def _told(looks: Sequence[Look]) -> str:
    found = [look.state.verdict for look in looks]
    parts = (f"{found.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in found)
    return f"{count(len(found), 'look')}: {', '.join(parts)}"


def days_until(end: float) -> float:
    """Give the days from now until a time."""
    return days_left(end, time.time())


WORDS: dict[str, object] = {
    "strip": strip,
    "strip_svg": strip_svg,
    "change_words": change_words,
    "days_until": days_until,
    "duration": duration,
    "verdicts": VERDICTS,
}
