"""Reads the JSON lines of a recorder from a URL that serves them as text."""

from __future__ import annotations

import http.client
import time

from hangup.address import Address, bracketed, parse_url
from hangup.errors import UsageError
from hangup.store.reading_lines import SNIFFED, SQLITE, StoredLines

PATIENCE = 3.0
"""Seconds that one answer may take to begin, or to go on."""
FRESH = 0.3
"""Seconds for which an answer is good enough to be looked at again."""
MOST_BYTES = 64 * 1024 * 1024


class FetchedLines(StoredLines):
    """What a URL's text gains; it is fetched whole, and what was there is skipped by default.

    Raises:
        UsageError: it cannot be fetched, or is no text.
    """

    def __init__(self, url: str, *, beginning: bool = False) -> None:
        self._address = parse_url(url, "the URL")
        self._text, self._fetched = b"", 0.0
        super().__init__(_shown(self._address), beginning=beginning)

    def _size(self) -> int:
        return len(self._whole())

    def _bytes(self, begin: int, most: int = -1) -> bytes:
        found = self._whole()[begin:]
        if found.startswith(SQLITE):
            raise UsageError(f"{self.path} is a store and no lines; give the path of its file")
        if b"\0" in found[:SNIFFED]:
            raise UsageError(f"{self.path} gives no lines of a recorder")
        return found if most < 0 else found[:most]

    def _whole(self) -> bytes:
        if time.monotonic() - self._fetched > FRESH:
            self._text = _get(self._address, self.path)
            self._fetched = time.monotonic()
        return self._text


def _shown(address: Address) -> str:
    """Give the URL without credentials, and without a query that may hold some."""
    scheme = "https" if address.secure else "http"
    return f"{scheme}://{bracketed(address.host)}:{address.port}{address.target.partition('?')[0]}"


def _get(address: Address, shown: str) -> bytes:
    kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
    connection = kind(address.host, address.port, timeout=PATIENCE)
    headers = {"Authorization": address.authorization} if address.authorization else {}
    try:
        connection.request("GET", address.target, headers=headers)
        with connection.getresponse() as answer:
            text = answer.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException) as exc:
        why = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
        raise UsageError(f"the lines at {shown} cannot be read: {why.lower()}") from None
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise UsageError(f"the lines at {shown} cannot be read: the answer is {answer.status}")
    if len(text) > MOST_BYTES:
        raise UsageError(f"the lines at {shown} cannot be read: they are more than 64 MiB")
    return text
