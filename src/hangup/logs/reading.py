"""Reads whole logs: skips to what is of interest, and reads only there line by line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from hangup.incident import Caught
from hangup.logs.access import Access, is_usual
from hangup.logs.assembly import Assembly
from hangup.logs.blocks import BLOCK, blocks_of
from hangup.logs.line import line_of
from hangup.logs.needles import Hits, hits
from hangup.logs.shortcomings import Shortcomings

LOOK_BACK = 12
"""Records before one of interest that are read for its time, its writer and what led to it."""
CONTEXT = 16 * 1024
"""Bytes of the block before that are kept for this."""
MOST_RECORD = 8 * BLOCK
"""Bytes after which a record without an end is cut, so that memory stays bounded."""
HEAD = 4096
"""Bytes of a stream by which it is known how its records are divided."""
_TIMES = re.compile(rb'"timestamp": ?"(\d{4}-[\d:.TZ-]+)"')
LINES, ENTRIES = b"\n", b"\n__CURSOR="


class Logs:
    """What logs tell beside incidents; it grows while `read` is consumed."""

    def __init__(self) -> None:
        self.size = 0
        self.access = Access()
        self.missing = Shortcomings()

    def read(self, source: str, begin: int = 0, end: int | None = None) -> Iterator[Caught]:
        """Give the incidents of a file, or of stdin for `-`, as they come.

        Raises:
            UnreadableLogError: the file cannot be read, or its compression is damaged.
        """
        yield from self.read_blocks(blocks_of(source, begin, end))

    def read_blocks(self, blocks: Iterator[bytes]) -> Iterator[Caught]:
        """Give the incidents of one stream of bytes, in blocks of any size."""
        scan = _Scan(self)
        for block in blocks:
            self.size += len(block)
            yield from scan.take(block)
        yield from scan.end()


class _Scan:
    """The state of one stream: what is left of a block, and the lines that wait for more."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._assembly = Assembly(logs.missing)
        self._kept = b""
        self._begin = 0
        self._fed = 0
        self._mark = LINES
        self._started = False

    def take(self, block: bytes) -> Iterator[Caught]:
        """Read what is complete once a block has been added."""
        whole = self._kept + block
        if not self._started:
            if len(whole) < HEAD:
                self._kept = whole
                return
            whole = self._begun(whole)
        end = whole.rfind(self._mark) + 1
        if end <= self._begin:
            end = len(whole) if len(whole) > MOST_RECORD else self._begin
        yield from self._read(whole, end)
        keep = self._start(whole, max(0, end - CONTEXT)) if end > CONTEXT else 0
        if end - keep > 2 * CONTEXT:
            keep = end
        self._kept, self._begin = whole[keep:], end - keep
        self._fed = max(0, self._fed - keep)

    def end(self) -> Iterator[Caught]:
        """Read what is left when the stream is over."""
        whole = self._kept if self._started else self._begun(self._kept)
        yield from self._read(whole, len(whole))
        yield from self._assembly.flush()

    def _begun(self, whole: bytes) -> bytes:
        self._started = True
        whole = whole.removeprefix(b"\xef\xbb\xbf")
        self._mark = _mark_of(whole)
        self._logs.missing.reversed |= _is_reversed(whole)
        return whole

    def _read(self, whole: bytes, end: int) -> Iterator[Caught]:
        place = self._begin
        if not self._assembly.idle:
            place, found = self._follow(whole, place, end, place)
            yield from found
        words = hits(whole, self._begin, end)
        self._count(whole, end, words)
        for at in words.incidents:
            if at >= place:
                before = self._before(whole, at, self._fed)
                place, found = self._follow(whole, before, end, at)
                yield from found

    def _count(self, whole: bytes, end: int, words: Hits) -> None:
        """Count lines of access: what may be every line of a log, all of them at once."""
        access, counted = self._logs.access, self._begin
        access.take_requests(whole, words.requests, self._mark)
        if words.upgrades:
            access.take_upgrades(whole[self._begin : end])
        for at in words.access:
            if at < counted or is_usual(whole, at):
                continue
            start, counted = self._start(whole, at), self._stop(whole, at, end)
            request = bisect_left(words.requests, start)
            if request == len(words.requests) or words.requests[request] >= counted:
                access.take(whole[start:counted])

    def _follow(
        self, whole: bytes, place: int, end: int, until: int
    ) -> tuple[int, Sequence[Caught]]:
        """Read records from a place on, past another, for as long as something waits for more."""
        found: list[Caught] = []
        while place < end and (place <= until or not self._assembly.idle):
            stop = self._stop(whole, place, end)
            for record in _records(whole[place:stop], self._mark):
                found += self._assembly.feed(line_of(record))
            place = self._fed = stop
        return place, found

    def _before(self, whole: bytes, at: int, least: int) -> int:
        """Give where to begin reading for a record of interest: some records earlier."""
        start = self._start(whole, at)
        for _ in range(LOOK_BACK):
            if start <= least or at - start > CONTEXT:
                break
            start = self._start(whole, start - 1)
        return max(start, least)

    def _start(self, whole: bytes, at: int) -> int:
        return whole.rfind(self._mark, 0, max(0, at) + len(self._mark) - 1) + 1

    def _stop(self, whole: bytes, at: int, end: int) -> int:
        found = whole.find(self._mark, at, end)
        return found + 1 if found >= 0 else end


def _mark_of(head: bytes) -> bytes:
    """Give what stands before each record but the first; a record begins at its second byte.

    Strings of JSON hold no line end, so what begins a line at the first object's depth begins an
    object. An array on one line is divided where an object begins with the first one's first key.
    """
    if head.startswith(b"__CURSOR="):
        return ENTRIES
    bare = head.lstrip()
    if bare.startswith(b"["):
        inner = bare[1:].lstrip()
        between = bare[1 : len(bare) - len(inner)]
        if inner.startswith(b"{"):
            if b"\n" in between:
                return b"\n" + between.rpartition(b"\n")[2] + b"{"
            return b"," + inner[: inner.find(b":") + 1]
    if bare.startswith((b"{\n", b"{\r\n")):
        return b"\n{"
    return LINES


def _is_reversed(head: bytes) -> bool:
    """Whether records come newest first, as Cloud Logging's own command gives them."""
    times = _TIMES.findall(head[:HEAD])
    return len(set(times)) > 1 and times == sorted(times, reverse=True)


def _records(raw: bytes, mark: bytes) -> Iterator[bytes]:
    """Give what stands between two marks without an array's punctuation.

    On one line that can be several objects, when some begin with another key than the first.
    """
    if mark in (LINES, ENTRIES):
        yield raw
        return
    text = raw.strip().lstrip(b"[").rstrip(b",] \r\n\t")
    try:
        yield from map(bytes, msgspec.json.decode(b"[%s]" % text, type=list[msgspec.Raw]))
    except (msgspec.MsgspecError, RecursionError):
        yield text
