"""The JSON of a watch: one document for each event, the same on stdout and for hooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hangup import __version__
from hangup.report.escape import show
from hangup.watching.hooks import News
from hangup.watching.memory import days_left
from hangup.watching.words import Change, Look, State

SCHEMA = "hangup.watch/1"
Document = dict[str, Any]


def moment(at: float) -> str:
    """Give seconds since the epoch as RFC 3339 has them, in UTC."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def change_document(change: Change) -> Document:
    """Give the event of a change."""
    return {
        **_event("changed"),
        "at": moment(change.at),
        "url": change.url,
        "what": change.what,
        "before": _side(change.before),
        "after": _side(change.after),
        "summary": change.summary,
        "confidence": change.confidence,
        "first_seen": moment(change.first_seen),
        "confirmed_by": change.confirmed_by,
        "unsettled": change.unsettled,
        "lasted_s": None if change.lasted_s is None else round(change.lasted_s, 3),
        "server": change.server,
        "build": change.build,
    }


def look_document(look: Look) -> Document:
    """Give the event of a round."""
    end = look.certificate_end
    return {
        **_event("round"),
        "at": moment(look.at),
        "url": look.url,
        **_side(look.state),
        "confidence": look.confidence,
        "summary": look.summary,
        "elapsed_s": look.elapsed_s,
        "connections": look.connections,
        "server": look.server,
        "build": look.build,
        "certificate_end": None if end is None else moment(end),
        "certificate_days": None if end is None else days_left(end, look.at),
    }


def trouble_document(event: str, at: float, where: str, why: str) -> Document:
    """Give the event of a hook that was not told, or of a history that was not kept."""
    return {**_event(event), "at": moment(at), "where": where, "why": why}


def encoded(document: Document) -> bytes:
    """Encode a document as one line of ASCII, so that printing it cannot reorder a terminal."""
    import json  # here: msgspec has no ASCII

    return json.dumps(document, ensure_ascii=True).encode("ascii")


def news_of(change: Change) -> News:
    """Give what hooks are told of a change."""
    after = change.after if isinstance(change.after, State) else None
    environ = {
        "HANGUP_EVENT": "changed",
        "HANGUP_WHAT": change.what,
        "HANGUP_URL": change.url,
        "HANGUP_BEFORE": words_of(change.before),
        "HANGUP_AFTER": words_of(change.after),
        "HANGUP_VERDICT": after.verdict if after else "",
        "HANGUP_LAYER": (after.layer if after else None) or "",
        "HANGUP_CAUSE": (after.cause if after else None) or "",
        "HANGUP_SUMMARY": change.summary,
    }
    body = encoded(change_document(change))
    return News(body, {name: show(value, 500) for name, value in environ.items()})


def words_of(side: State | str | float | None) -> str:
    """Give a side of a change in words."""
    if isinstance(side, State):
        return side.words
    return "" if side is None else str(side)


def _event(event: str) -> Document:
    return {"schema": SCHEMA, "hangup": __version__, "event": event}


def _side(side: State | str | float | None) -> Any:
    if isinstance(side, State):
        return msgspec.to_builtins(side)
    return side
