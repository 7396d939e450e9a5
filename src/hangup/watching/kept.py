"""A watch's history: looks and changes as they are kept, and as they come back."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from hangup.errors import UsageError
from hangup.store.watches import History, Keep, KeptLook, keep_look, remembered
from hangup.watching.memory import Memory
from hangup.watching.words import Change, Look, State, Verdict


def memories(path: str, urls: Sequence[str]) -> dict[str, Memory]:
    """Give what is remembered of each URL; the file is made where there is none.

    Raises:
        UsageError: it cannot be read or written.
    """
    bodies = remembered(path, urls)
    return {url: _memory(bodies[url], path) if url in bodies else Memory() for url in urls}


def keep(path: str, look: Look, memory: Memory, changes: Sequence[Change], limits: Keep) -> None:
    """Keep a look, what it changed, and what is remembered after it.

    Raises:
        UsageError: it cannot be written.
    """
    row = KeptLook(
        at=look.at,
        url=look.url,
        verdict=look.state.verdict,
        layer=look.state.layer,
        cause=look.state.cause,
        confidence=look.confidence,
        summary=look.summary,
        elapsed_s=look.elapsed_s,
        connections=look.connections,
        server=look.server,
        build=look.build,
        certificate_end=look.certificate_end,
        diagnosis=zlib.compress(look.diagnosis),
    )
    bodies = [msgspec.json.encode(change) for change in changes]
    keep_look(path, row, msgspec.json.encode(memory), bodies, limits)


def memory_of(history: History, url: str, path: str) -> Memory:
    """Give what is remembered of a URL.

    Raises:
        UsageError: it cannot be read.
    """
    body = history.memory(url)
    return _memory(body, path) if body else Memory()


def changes_of(history: History, url: str, most: int) -> tuple[Change, ...]:
    """Give the last changes of a URL, the latest first.

    Raises:
        UsageError: one was damaged, or written by a later version.
    """
    bodies = history.changes(url, most)
    try:
        return tuple(msgspec.json.decode(body, type=Change) for body in bodies)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"a kept change cannot be read: {exc}") from None


def looks_of(history: History, url: str, most: int) -> tuple[Look, ...]:
    """Give the last looks at a URL, the latest first."""
    return tuple(map(_look, history.looks(url, most)))


def glances_of(
    history: History, url: str, most: int, before: int | None = None
) -> tuple[tuple[int, Look], ...]:
    """Give the last looks at a URL by their numbers, without their documents."""
    return tuple((each.number, _look(each.look)) for each in history.glances(url, most, before))


def look_of(history: History, number: int) -> Look | None:
    """Give one look."""
    row = history.look(number)
    return _look(row) if row else None


def _look(row: KeptLook) -> Look:
    return Look(
        url=row.url,
        at=row.at,
        state=State(msgspec.convert(row.verdict, Verdict), row.layer, row.cause),
        confidence=row.confidence,
        summary=row.summary,
        elapsed_s=row.elapsed_s,
        connections=row.connections,
        server=row.server,
        build=row.build,
        certificate_end=row.certificate_end,
        diagnosis=zlib.decompress(row.diagnosis) if row.diagnosis else b"",
    )


def _memory(body: bytes, path: str) -> Memory:
    try:
        return msgspec.json.decode(body, type=Memory)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"the store {path!r} cannot be read: {exc}") from None
