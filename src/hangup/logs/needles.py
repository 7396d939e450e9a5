"""The few words that all lines of interest hold, looked for in a whole block at once.

A log of gigabytes holds a handful of incidents. An Aho-Corasick automaton that works with vector
instructions finds the candidates faster than a disk reads; only these are decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import ahocorasick_rs

MOST = 64
"""Words with which the search is still vectorised; with more it is ten times slower."""
_REFUSALS = (400, 401, 403, 404, 408, 426, 429, 499, 500, 502, 503, 504)
_TERMINATIONS = ("--", "cD", "sD", "CD", "SD", "SC", "sC", "SH", "sH", "PR")
"""How HAProxy says that a session ended; it writes the status where only numbers are around."""

STACK = (
    b"(most recent call last)",
    b"    at ",
    b"\tat ",
    b"\\tat ",
    b'"exc_type"',
    b'exc_info":true',
    b'exc_info": true',
    b'exc_info\\":true',
    b'exc_info\\": true',
    b"was never awaited",
    b"84,114,97,99,101,98,97,99,107,32,40,",  # journald writes a MESSAGE with colours as numbers
)
"""Where a stack begins: of Python, Node, Java, and escaped in JSON."""
MESSAGES = (
    b"is not defined",
    b"has no attribute",
    b"not JSON serializable",
    b"object is not ",
    b"positional argument",
    b"unexpected keyword argument",
    b"not associated with a value",
    b"Cannot read propert",
    b"is not a function",
    b'accept\\" first',
    b'accept" first',
    b"ASGI message",
    b"in ASGI application",
    b"ebSocket error",
    b"ebsocket error",
)
"""What the exceptions that close WebSockets say, where a line may hold their message alone."""
UPGRADE = (b'"WebSocket /',)
REQUEST = tuple(f'" {status} '.encode() for status in (101, *_REFUSALS))
"""A request in quotes, and the status that it was answered with."""
ACCESS = (
    *(f"- - {state}".encode() for state in _TERMINATIONS),
    b'"WSCONNECT ',
    b'"WSDISCONNECT ',
    b'"status":101',
    b'"status":0,',
    b'ec-Websocket-Accept"',
    b'"status":4',
    b'"status":5',
    b'"status": 101',
    b'"status": 4',
    b'"status": 5',
    b'response_code":',
    b'DownstreamStatus":',
    b", client: ",
    b": AH0",
)
"""What access and error logs of servers and proxies say of upgrades and of failures."""

WORDS = [*STACK, *MESSAGES, *ACCESS, *REQUEST, *UPGRADE]
_FIRST_ACCESS = len(STACK) + len(MESSAGES)
_FIRST_REQUEST = _FIRST_ACCESS + len(ACCESS)
_FIRST_UPGRADE = _FIRST_REQUEST + len(REQUEST)
# Only leftmost matching is vectorised, and no word of ours hides another one's line.
_search = ahocorasick_rs.BytesAhoCorasick(
    WORDS, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
).find_matches_as_indexes


class Hits(NamedTuple):
    """Where words stand in a block, in order, by what they mean for their line."""

    incidents: list[int]
    access: list[int]
    requests: list[int]
    upgrades: bool


def hits(block: bytes, begin: int, end: int) -> Hits:
    """Find the words in a block between two offsets."""
    found = _search(memoryview(block)[begin:end])
    met = {word for word, _, _ in found}

    def places(first: int, last: int) -> list[int]:
        if met.isdisjoint(range(first, last)):
            return []
        return [at + begin for word, at, _ in found if first <= word < last]

    return Hits(
        places(0, _FIRST_ACCESS),
        places(_FIRST_ACCESS, _FIRST_REQUEST),
        places(_FIRST_REQUEST, _FIRST_UPGRADE),
        not met.isdisjoint(range(_FIRST_UPGRADE, len(WORDS))),
    )
