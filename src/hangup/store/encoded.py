"""Text as SQLite and JSON can hold it: UTF-8, which has no half of a surrogate pair."""

from __future__ import annotations

from typing import Any

import msgspec


def encoded(document: msgspec.Struct) -> bytes:
    """Encode as JSON; what comes of bytes that are not UTF-8 is written as its escape."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return msgspec.json.encode(plain(msgspec.to_builtins(document)))


def plain(value: Any) -> Any:
    """Give a value in whose texts every half of a surrogate pair is its escape, as `\\udcff`."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
