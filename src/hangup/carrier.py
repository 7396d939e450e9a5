"""Takes secrets that are too short to be looked for everywhere out of the places they travel in."""

from __future__ import annotations

import re
from collections.abc import Iterable

MARK = "[redacted]"

Headers = tuple[tuple[str, str], ...]


class Carried:
    """Secrets as values of a query, a header, a subprotocol or a JSON field, and nowhere else."""

    def __init__(self, secrets: Iterable[str]) -> None:
        words = "|".join(sorted(map(re.escape, secrets), key=len, reverse=True))
        self._any = bool(words)
        if not words:
            return
        self._query = re.compile(rf"([?&;][^=&;#\s]*=)(?:{words})(?=[&;#\s'\"]|\Z)")
        self._header = re.compile(rf"(?<![^\s=,;\".])(?:{words})(?![^\s,;\"])")
        self._field = re.compile(rf'(:\s*")(?:{words})(?=")'.encode())

    def in_query(self, text: str) -> str:
        """Take them out of the query of a URL, or of a text that cites one."""
        return self._query.sub(rf"\1{MARK}", text) if self._any and "=" in text else text

    def in_headers(self, headers: Headers) -> Headers:
        """Take them out of the values of headers that a credential can travel in."""
        if not self._any:
            return headers
        return tuple((k, v if _is_protocol_s(k) else self.in_header(v)) for k, v in headers)

    def in_header(self, value: str) -> str:
        """Take them out of one value, or one of several with their names before them."""
        return self._header.sub(MARK, value) if self._any else value

    def in_message(self, data: bytes) -> bytes:
        """Take them out of the fields of a JSON message."""
        return self._field.sub(rb"\1" + MARK.encode(), data) if self._any else data


def _is_protocol_s(name: str) -> bool:
    """Whether a header of RFC 6455 or 9110 has its own words for values, and no credential."""
    name = name.lower()
    if name.startswith("sec-websocket-"):
        return name != "sec-websocket-protocol"
    return name in ("host", "connection", "upgrade", "user-agent", "content-length", "date")
