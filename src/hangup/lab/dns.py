"""A small DNS server on loopback, which answers as it is told, late, wrongly or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from hangup.lab.process import LOOPBACK

Code = Literal["ok", "format-error", "server-failure", "no-such-name", "not-implemented", "refused"]
CODES: tuple[Code, ...] = (
    "ok",
    "format-error",
    "server-failure",
    "no-such-name",
    "not-implemented",
    "refused",
)
"""The response codes of RFC 1035, 4.1.1, in their order."""
Kind = Literal["A", "AAAA"]
_KINDS: dict[int, Kind] = {1: "A", 28: "AAAA"}
_IS_AN_ANSWER = 0x8580  # an answer, with authority, recursion asked for and available


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said of a name, `after` so many seconds; questions of a `silent` kind get nothing."""

    addresses: tuple[str, ...] = ()
    code: Code = "ok"
    after: float = 0.0
    silent: tuple[Kind, ...] = ()


Zone = Mapping[str, tuple[Answer, ...]]
"""The answers for each name, given in turn to the questions of each kind."""


@dataclass(frozen=True, slots=True)
class Question:
    """The first question of a query (RFC 1035, 4.1.2); `raw` is its section as it came."""

    number: int
    name: str
    kind: Kind | None
    raw: bytes


def read_question(query: bytes) -> Question:
    """Read a query."""
    labels, place = [], 12
    while size := query[place]:
        labels.append(query[place + 1 : place + 1 + size].decode("latin-1"))
        place += 1 + size
    (kind,) = struct.unpack_from("!H", query, place + 1)
    (number,) = struct.unpack_from("!H", query)
    name = ".".join(labels).lower()
    return Question(number, name, _KINDS.get(kind), query[12 : place + 5])


def reply(question: Question, answer: Answer) -> bytes:
    """Build the reply: of the addresses those that were asked for, to be kept for no time."""
    asked = [ip_address(each) for each in answer.addresses]
    fitting = [each.packed for each in asked if question.kind == ("A", "AAAA")[each.version == 6]]
    flags = _IS_AN_ANSWER | CODES.index(answer.code)
    head = struct.pack("!HHHHHH", question.number, flags, 1, len(fitting), 0, 0)
    records = (
        struct.pack("!HHHIH", 0xC00C, 1 if len(each) == 4 else 28, 1, 0, len(each)) + each
        for each in fitting
    )
    return head + question.raw + b"".join(records)


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._asked: Counter[tuple[str, Kind | None]] = Counter()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = read_question(data)
        answer = self._next(question)
        if question.kind not in answer.silent:
            loop = asyncio.get_running_loop()
            loop.call_later(answer.after, self._send, reply(question, answer), addr)

    def _next(self, question: Question) -> Answer:
        answers = self._zone.get(question.name, (Answer(code="no-such-name"),))
        turn = self._asked[question.name, question.kind]
        self._asked[question.name, question.kind] += 1
        return answers[turn % len(answers)]

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, addr)


@contextlib.asynccontextmanager
async def answering(zone: Zone, port: int = 0) -> AsyncIterator[int]:
    """Answer on a UDP port of loopback, which is given."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Server(zone), local_addr=(LOOPBACK, port)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
