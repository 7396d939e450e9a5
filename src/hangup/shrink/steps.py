"""A search as steps: it yields messages to try, and is told of each whether it breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable
from typing import TypeVar

Message = str | bytes
R = TypeVar("R")
Steps = Generator[Message, bool, R]


def once(search: Steps[R], breaking: Iterable[Message] = ()) -> Steps[R]:
    """Let no message be tried twice; those known to be `breaking` are not tried at all."""
    known = {_key(message): True for message in breaking}
    answer: bool | None = None
    while True:
        try:
            message = next(search) if answer is None else search.send(answer)
        except StopIteration as end:
            result: R = end.value
            return result
        key = _key(message)
        if key not in known:
            known[key] = yield message
        answer = known[key]


def encoded(message: Message) -> bytes:
    """Give a message's bytes on the wire."""
    return message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message


def _key(message: Message) -> tuple[bool, bytes]:
    # Messages can be megabytes, and hundreds are tried.
    return isinstance(message, str), hashlib.sha256(encoded(message)).digest()
