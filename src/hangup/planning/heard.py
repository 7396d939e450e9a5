"""What was heard, as expectations that hold the next time too: without ids, times and secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from hangup.event import FrameReceived, FrameSent
from hangup.in_band import without_credentials
from hangup.planning.written import UnwritableError, key_of, quoted
from hangup.redact import REDACTED, is_secret_parameter
from hangup.trace import Trace

ANY = '""'
"""The expression that is found in every message."""
KINDS = ("type", "event", "kind", "op", "action", "method", "name", "topic", "channel", "status")
"""Fields that usually tell what a message is; they come first."""
MOST_FIELDS, DEEPEST, LONGEST = 4, 3, 60
_NAMED = re.compile(
    r"(?:.*[_-])?(?:id|ids|uuid|guid|ts|time|timestamp|date|seq|nonce|count|version|uptime|at)"
)
_CAMEL = re.compile(r".*[a-z](?:Id|Ids|At|Time|Timestamp|Date|Count)")
_SHAPES = (
    (r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "^[0-9a-f-]{36}$"),
    (r"[0-9A-F]{8}-(?:[0-9A-F]{4}-){3}[0-9A-F]{12}", "^[0-9A-F-]{36}$"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d"),
    (r"\d{4}-\d\d-\d\d", r"^\d{4}-\d\d-\d\d$"),
    (r"\d\d:\d\d:\d\d.*", r"^\d\d:\d\d:\d\d"),
    (r"(?=.*\d)[0-9a-f]{8,}", "^[0-9a-f]+$"),
    (r"-?\d+(?:\.\d+)?", r"^-?\d+(\.\d+)?$"),
    (r"(?=.*\d)(?=.*[A-Za-z])[\w-]{16,}", r"^[\w-]+$"),
)
"""Texts that differ from one message to the next, and what holds for the next one too."""


def after_last_word(trace: Trace) -> list[str | None]:
    """Give the messages that came after the client's last one."""
    said = [n for n, e in enumerate(trace.events) if isinstance(e, FrameSent) and _is_message(e)]
    return _messages(trace.events[said[-1] + 1 :] if said else ())


def before_first_word(trace: Trace) -> list[str | None]:
    """Give the messages that came before the client said anything; None for bytes."""
    said = next(
        (n for n, e in enumerate(trace.events) if isinstance(e, FrameSent) and _is_message(e)),
        len(trace.events),
    )
    return _messages(trace.events[:said])


def _is_message(event: FrameSent | FrameReceived) -> bool:
    return event.opcode in ("text", "binary")


def _messages(events: Sequence[object]) -> list[str | None]:
    frames = [e for e in events if isinstance(e, FrameReceived) and _is_message(e)]
    return [_text(frame) for frame in frames]


def _text(frame: FrameReceived) -> str | None:
    """Give the text that came; what was cut ends in the middle, so it is no JSON any more."""
    if frame.opcode == "binary":
        return None
    return without_credentials(frame.data).decode("utf-8", "ignore")


def expectation(seen: Sequence[str | None], *, kinds_only: bool = False) -> tuple[str, ...]:
    """Give the value of `expect`, as lines, for messages that came in the same place.

    It holds for each of them; the line `""` holds for any message. With `kinds_only` fields that
    tell no kind are held to their shape only.
    """
    if not seen or any(each is None for each in seen):
        return (ANY,)
    texts = [each for each in seen if each is not None]
    documents = [_decoded(text) for text in texts]
    try:
        if all(isinstance(each, dict) for each in documents):
            return _of_fields(documents, kinds_only) or _kind_in(texts)
        return (_of_texts(texts),)
    except UnwritableError:
        return (ANY,)


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_fields(documents: Sequence[object], kinds_only: bool) -> tuple[str, ...]:
    first, *others = [dict(leaves(each)) for each in documents]
    found: list[tuple[str, str]] = []
    telling = kinds_only and any(_is_kind(path, value) for path, value in first.items())
    for path, value in first.items():
        if telling and not _is_kind(path, value) and not (isinstance(value, str) and _shape(value)):
            continue
        wanted = _wanted(path, value, [each.get(path, _ABSENT) for each in others])
        if wanted:
            found.append((path, wanted))
    found.sort(key=lambda pair: _rank(pair[0]))
    if not found:
        return ()
    pairs = (f"{key_of(path)}: {wanted}" for path, wanted in found[:MOST_FIELDS])
    return (f"{{{', '.join(pairs)}}}",)


_ABSENT = object()


def leaves(
    value: object, secrets: bool = False, path: str = "", depth: int = 1
) -> Iterator[tuple[str, object]]:
    """Give what stands at paths of fields that a plan can name, and credentials where asked for."""
    if isinstance(value, dict) and depth <= DEEPEST:
        for key, each in value.items():
            if "." not in key and key and (secrets or not is_secret_parameter(key)):
                yield from leaves(each, secrets, f"{path}.{key}" if path else key, depth + 1)
    elif path and not isinstance(value, dict | list):
        yield path, value


def may_change(name: str, value: object) -> bool:
    """Whether a field by its name or its value is another one on the next connection."""
    return _is_volatile(name) or (isinstance(value, str) and bool(_shape(value)))


def _is_kind(path: str, value: object) -> bool:
    return path in KINDS and isinstance(value, str) and not may_change(path, value)


def _wanted(path: str, value: object, others: Sequence[object]) -> str:
    """Give what must stand at a path, nothing where nothing is sure."""
    if isinstance(value, str):
        if REDACTED in value or any(not isinstance(each, str) for each in others):
            return ""
        shape = _shape(value)
        named = _is_volatile(path.rpartition(".")[2])
        if shape and all(isinstance(each, str) and _shape(each) == shape for each in others):
            return f"{{matches: {quoted(shape)}}}"
        same = all(each == value for each in others)
        return quoted(value) if same and not named and len(value) <= LONGEST else ""
    if isinstance(value, bool) or value is None:
        return json.dumps(value) if all(each is value for each in others) else ""
    # A number that came once may be a count or a time; only one seen more often is sure.
    same = bool(others) and all(type(e) is type(value) and e == value for e in others)
    sure = same and isinstance(value, int) and not _is_volatile(path.rpartition(".")[2])
    return str(value) if sure and abs(int(str(value))) < 1_000_000 else ""


def _is_volatile(name: str) -> bool:
    return bool(_NAMED.fullmatch(name.lower()) or _CAMEL.fullmatch(name))


def _shape(text: str) -> str:
    return next((wide for narrow, wide in _SHAPES if re.fullmatch(narrow, text)), "")


def _rank(path: str) -> tuple[int, int]:
    kind = KINDS.index(path) if path in KINDS else len(KINDS)
    return kind, path.count(".")


def _kind_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Name the kind of JSON of which no field is sure, or that was cut, by what stands in it."""
    for key in KINDS:
        pattern = rf'"{key}"\s*:\s*"([\w. -]{{1,40}})"'
        found = [match[1] if (match := re.search(pattern, text)) else None for text in texts]
        if found[0] and len(set(found)) == 1:
            return (quoted(rf'"{key}"\s*:\s*"{re.escape(found[0])}"'),)
    return (ANY,)


def _of_texts(texts: Sequence[str]) -> str:
    """Give an expression for texts: all of a short one, else what they begin with."""
    if texts[0].lstrip().startswith(("{", "[")):
        return _kind_in(texts)[0]
    if len(set(texts)) == 1 and len(texts[0]) <= LONGEST and not _is_unsure(texts[0]):
        return quoted(f"^{re.escape(texts[0])}$") if texts[0] else quoted("^$")
    common = _common(texts)[:LONGEST]
    sure = re.split(r"\d|" + re.escape(REDACTED), common)[0].rstrip()
    return quoted(f"^{re.escape(sure)}") if len(sure) >= 3 else ANY


def _is_unsure(text: str) -> bool:
    return REDACTED in text or re.search(r"\d{4}|\d:\d\d", text) is not None or bool(_shape(text))


def _common(texts: Sequence[str]) -> str:
    shortest = min(texts, key=len)
    for n, char in enumerate(shortest):
        if any(text[n] != char for text in texts):
            return shortest[:n]
    return shortest
