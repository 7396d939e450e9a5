"""One line of a log, taken out of what collectors and containers wrap around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from hangup.logs.stamps import KEYS, find_stamp, moment_of

LONGEST = 8192
"""Characters of a line in which anything is looked for: no format of logs writes more at once."""
LONGEST_NAME = 200
DEEPEST = 5
"""Wrappings of wrappings that are undone, and levels of JSON that are searched for stacks."""
STACK_SIGN = re.compile(r"\(most recent call last\)|\n[^\S\n]+at ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CRI = re.compile(
    r"(?P<at>\d{4}-\S+) (?P<stream>stdout|stderr) (?P<tag>[FP])(?:[:\w]*) ?(?P<text>.*)"
)
_PREFIX = re.compile(
    r"(?P<who>\[pod/[^\]]+\]"  # kubectl logs --prefix
    r"|[\w.-]+ +\|(?= )"  # docker compose
    r"|(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w./@-]+(?:\[\d+\])?:)"  # syslog
    r" ?(?P<text>.*)",
    re.DOTALL,
)
_LEVEL = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL|debug|info|notice|warn|error"
    r"|crit|alert|emerg)\b"
)
_MESSAGES = ("message", "msg", "event", "textPayload", "text", "log", "MESSAGE")
_LEVELS = ("severity", "level", "levelname", "log.level", "lvl")
_WRITERS = (
    "pod_name", "pod", "hostname", "host", "container_name", "instanceId", "revision_name",
    "process", "pid", "process_id", "thread", "threadName", "thread_name",
    "_SYSTEMD_UNIT", "_HOSTNAME", "_PID",
)  # fmt: skip
"""Fields that say who of several wrote a line."""
PRIORITIES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
"""journald's PRIORITY, by its number."""


class Line(Struct, kw_only=True):
    """One line: `text` as the application wrote it, `writer` which of several did.

    `fields` are those of a JSON line, `stacks` the stacks in them. `partial` is the beginning of a
    line that a container's runtime has cut.
    """

    text: str
    at: float | None = None
    writer: str = ""
    level: str = ""
    fields: Mapping[str, Any] = {}
    partial: bool = False


def line_of(record: bytes) -> Line:
    """Read one record, whatever its format."""
    if record.startswith(b"__CURSOR="):
        return _of_fields(_exported(record), DEEPEST)
    return _unwrapped(record.decode("utf-8", "replace").strip("\r\n"), DEEPEST)


def _unwrapped(text: str, depth: int) -> Line:
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    bare = text.lstrip()
    if depth and bare.startswith("{"):
        line = _of_json(bare, depth)
        if line:
            return line
    for pattern in (_CRI, _PREFIX) if depth else ():
        match = pattern.fullmatch(text)
        if match:
            return _inside(match, depth)
    return _plain(text)


def _inside(match: re.Match[str], depth: int) -> Line:
    part = match.groupdict()
    line = _unwrapped(part["text"], depth - 1)
    if line.at is None:
        found = find_stamp(part.get("at") or part.get("who") or "")
        line.at = found[0] if found else None
    who = part.get("who") or part.get("stream") or ""
    who = re.sub(r"^(<.*>)?[A-Z][a-z]{2} [ 0-9:]+", "", who[:LONGEST_NAME])
    line.writer = f"{who} {line.writer}".strip()
    line.partial = part.get("tag") == "P"
    return line


def _plain(text: str) -> Line:
    text = text[:LONGEST]
    found = find_stamp(text)
    level = _LEVEL.search(text, 0, 120)
    return Line(text=text, at=found[0] if found else None, level=level[1].upper() if level else "")


def _of_json(text: str, depth: int) -> Line | None:
    try:
        fields = msgspec.json.decode(text.rstrip().rstrip(","))
    except (msgspec.MsgspecError, RecursionError):
        return None
    return _of_fields(fields, depth) if isinstance(fields, dict) else None


def _of_fields(fields: dict[str, Any], depth: int) -> Line:
    inner = fields.get("jsonPayload")
    if isinstance(inner, dict):
        fields = {**fields, **inner}
    record = fields.get("record")
    if isinstance(record, dict):  # loguru
        fields = {**record, **fields}
    message = _message(fields)
    # What a runtime or collector wraps is a line itself, with a header of its own.
    line = _unwrapped(message, depth - 1) if "\n" not in message.strip() else Line(text=message)
    at = _time_of(fields)
    line.at = at if at is not None else line.at
    line.writer = f"{_writer_of(fields)} {line.writer}".strip()
    line.level = _level_of(fields) or line.level
    line.fields = {**line.fields, **fields}
    line.partial = "log" in fields and "stream" in fields and not message.endswith("\n")
    line.text = line.text.rstrip("\n")
    return line


def _message(fields: Mapping[str, Any]) -> str:
    for key in _MESSAGES:
        value = fields.get(key)
        if isinstance(value, str):
            return value
        if key == "MESSAGE" and isinstance(value, list):  # bytes that are no plain text
            return bytes(b for b in value if isinstance(b, int) and 0 <= b < 256).decode(
                "utf-8", "replace"
            )
    return ""


def _time_of(fields: Mapping[str, Any]) -> float | None:
    micro = fields.get("__REALTIME_TIMESTAMP") or fields.get("_SOURCE_REALTIME_TIMESTAMP")
    if micro is not None:
        return moment_of(micro)
    for key in KEYS:
        value = fields.get(key)
        if isinstance(value, dict):  # loguru
            value = value.get("timestamp")
        at = moment_of(value)
        if at is not None:
            return at
    return None


def _level_of(fields: Mapping[str, Any]) -> str:
    for key in _LEVELS:
        value = fields.get(key)
        if isinstance(value, dict):  # loguru
            value = value.get("name")
        if isinstance(value, str):
            return value.upper()
        if isinstance(value, int) and value >= 50:  # pino and bunyan
            return "ERROR"
    priority = str(fields.get("PRIORITY", ""))
    return PRIORITIES[int(priority)] if priority in tuple("01234567") else ""


def _writer_of(fields: Mapping[str, Any]) -> str:
    found: list[str] = []
    resource = fields.get("resource")
    labels = resource.get("labels") if isinstance(resource, dict) else None
    kubernetes = fields.get("kubernetes")
    for place in (fields, labels, fields.get("labels"), kubernetes):
        if isinstance(place, dict):
            values = (place.get(key) for key in _WRITERS)
            found += [_name(value) for value in values if value]
    return " ".join(dict.fromkeys(found))


def _name(value: object) -> str:
    name = value.get("id", value) if isinstance(value, dict) else value
    return str(name)[:LONGEST_NAME]


def _exported(record: bytes) -> dict[str, Any]:
    """Read journald's export format: `NAME=value`, or a name, a length in 8 bytes, and data."""
    fields: dict[str, Any] = {}
    place = 0
    while place < len(record):
        end = record.find(b"\n", place) % (len(record) + 1)
        name, equals, value = record[place:end].partition(b"=")
        place = end + 1
        if not equals and name:
            size = int.from_bytes(record[place : place + 8], "little")
            value = record[place + 8 : place + 8 + size]
            place += 8 + size + 1
        fields[name.decode("ascii", "replace")] = value.decode("utf-8", "replace")
    return fields


def stacks_of(line: Line) -> Iterator[str]:
    """Give the texts in the fields of a JSON line that hold a stack, the message among them."""
    yield from _texts(line.fields, DEEPEST)


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if STACK_SIGN.search(value):
            yield _COLOUR.sub("", value)
    elif depth and isinstance(value, dict):
        for each in value.values():
            yield from _texts(each, depth - 1)
    elif depth and isinstance(value, list):
        for each in value:
            yield from _texts(each, depth - 1)
