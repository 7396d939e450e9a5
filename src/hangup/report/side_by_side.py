"""What page, wire and server saw of one connection of a browser, on one axis of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from hangup.diagnosis import InBrowser, Sight
from hangup.report.escape import show

PAGE, WIRE, SERVER = range(3)
SIDES = ("page", "wire", "server")
"""What the columns are called where there is little room."""
CELL = 200
"""Characters shown of one thing that was seen."""


class SideRow(Struct, frozen=True):
    """One moment: its time in milliseconds, empty where it is not known, and who saw what."""

    at: str
    column: int
    says: str

    @property
    def cells(self) -> tuple[str, str, str]:
        """The three columns, of which two are empty."""
        return (
            self.says if self.column == PAGE else "",
            self.says if self.column == WIRE else "",
            self.says if self.column == SERVER else "",
        )


def headings(seen: InBrowser) -> tuple[str, str, str]:
    """Name the columns; that of a server nobody recorded says so."""
    unseen = "" if seen.recorded else " (not recorded)"
    return "what the page saw", "what was on the wire", f"what the server did{unseen}"


def side_rows(seen: InBrowser) -> list[SideRow]:
    """Give the three columns in the order of time; what has none follows what it came after."""
    columns = (seen.page, seen.wire, seen.server)
    placed = [each for i, column in enumerate(columns) for each in _placed(column, i)]
    placed.sort(key=lambda each: each[0])
    return [row for _, row in placed]


def _placed(column: Sequence[Sight], number: int) -> Iterator[tuple[float, SideRow]]:
    before = 0.0
    for sight in column:
        before = before if sight.at_ms is None else sight.at_ms
        at = "" if sight.at_ms is None else f"{sight.at_ms:.1f}"
        yield before, SideRow(at, number, show(sight.says, CELL))


def whose_page(seen: InBrowser) -> str:
    """Say which browser it was, and of which origin its page."""
    return f"{show(seen.agent)}, a page of {show(seen.origin)}"
