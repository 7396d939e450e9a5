"""What a test awaits of a connection: which message, for how long, and what is said if not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from _pytest.outcomes import Failed
from msgspec import Struct
from websockets.exceptions import ConnectionClosed

from hangup.endpoint import Endpoint
from hangup.plan.match import matches, told
from hangup.plan.words import Found, Matcher
from hangup.probe.opening import credential_headers, subprotocols_of, target_of

Message = str | bytes
Wanted = str | re.Pattern[str] | dict[str, Any]
"""An expression that is found in the message, or the fields of its JSON, by path."""


class Dialled(Struct, frozen=True):
    """Where and how a connection is opened; `within` in seconds."""

    endpoint: Endpoint
    within: float

    @property
    def url(self) -> str:
        """The URL as it is dialled."""
        return self.endpoint.with_(target=target_of(self.endpoint)).url

    @property
    def options(self) -> dict[str, Any]:
        """What both clients of websockets are told."""
        headers = [*self.endpoint.headers, *credential_headers(self.endpoint.credential)]
        return {
            "additional_headers": headers,
            "subprotocols": list(subprotocols_of(self.endpoint)) or None,
            "open_timeout": self.within,
            "close_timeout": self.within,
            "proxy": None,
        }


class MissedError(Failed):
    """A message that had to come did not; the text says what came instead."""

    def __init__(self, says: str) -> None:
        super().__init__(says, pytrace=True)


def matcher_of(wanted: Wanted) -> Matcher:
    """Give what a plan would match with."""
    if isinstance(wanted, dict):
        fields = ((path, _value(value)) for path, value in wanted.items())
        return Matcher(fields=tuple(fields))
    return Matcher(pattern=wanted.pattern if isinstance(wanted, re.Pattern) else wanted)


def _value(value: Any) -> Any:
    return Found(value.pattern) if isinstance(value, re.Pattern) else value


class Waiting:
    """One wait for a message: how long it may take, and what came that was another."""

    def __init__(self, wanted: Wanted, within: float) -> None:
        self._matcher, self._within = matcher_of(wanted), within
        self._until = time.monotonic() + within
        self._others: list[str] = []

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._until - time.monotonic()

    def takes(self, message: Message) -> bool:
        """Whether it is the one."""
        if matches(self._matcher, message):
            return True
        self._others.append(short(message))
        return False

    def missed(self, closed: ConnectionClosed | None = None) -> MissedError:
        """Say what did not come."""
        end = f"; {_end(closed)}" if closed else f" within {self._within:g} s"
        came = f"; what came: {', '.join(self._others[-5:])}" if self._others else "; nothing came"
        return MissedError(f"{told(self._matcher)} did not come{end}{came}")


def _end(closed: ConnectionClosed) -> str:
    if closed.rcvd is None:
        return "the connection ended without a close frame (1006)"
    return f"the server closed with {closed.rcvd.code} {closed.rcvd.reason!r}"


def short(message: Message) -> str:
    """Give the beginning of a message, for telling of it."""
    return repr(message[:80])


def decoded(message: Message) -> Any:
    """Give the JSON of a message.

    Raises:
        MissedError: it is none.
    """
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        raise MissedError(f"{short(message)} is no JSON") from None


def encoded(message: Any) -> Message:
    """Give what is sent: text and bytes as they are, all else as JSON."""
    return message if isinstance(message, str | bytes) else json.dumps(message)


def any_of(names: list[str]) -> re.Pattern[str]:
    """Give an expression that is one of some names."""
    return re.compile(rf"^({'|'.join(map(re.escape, names))})$")


def each_once(names: list[str], field: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Give for each name what takes the message that must be of it."""
    for name in names:

        def take(message: dict[str, Any], name: str = name) -> None:
            if message[field] != name:
                raise MissedError(f"{message[field]!r} came where {name!r} must come")

        yield take


def reason_of(closed: ConnectionClosed, code: int) -> str:
    """Give the reason of a close frame of the server's with this code.

    Raises:
        MissedError: it was another end.
    """
    if closed.rcvd is None or closed.rcvd.code != code or not closed.rcvd_then_sent:
        raise MissedError(f"{_end(closed)}, and not {code}")
    return closed.rcvd.reason
