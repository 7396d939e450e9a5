"""What clients and servers of the bridge say to each other beside events."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from hangup.bridge.log import Entry

SUBPROTOCOL = "hangup.v1"


class Login(Struct, tag_field="type", tag="login", frozen=True):
    """The credential, when the handshake carried none."""

    token: str


class Refresh(Struct, tag_field="type", tag="refresh", frozen=True):
    """A newer credential of the same user."""

    token: str


class Ack(Struct, tag_field="type", tag="ack", frozen=True):
    """Everything up to `seq` has been handed to the client's application."""

    seq: int


class Resume(Struct, tag_field="type", tag="resume", frozen=True):
    """Go on behind event `after`."""

    after: int
    epoch: str = ""


class Ping(Struct, tag_field="type", tag="ping", frozen=True):
    """To be answered with a `pong` of the same `id`."""

    id: str | int | UnsetType = UNSET


class Pong(Struct, tag_field="type", tag="pong", frozen=True):
    """The answer to a `ping`."""

    id: str | int | UnsetType = UNSET


class Welcome(Struct, tag_field="type", tag="welcome", frozen=True, kw_only=True):
    """The first message of a server: whatever is published from now on will be sent."""

    session: str
    user: str
    epoch: str
    first: int
    seq: int
    runs: tuple[str, ...]
    heartbeat: float
    expires: float | UnsetType = UNSET


class Resumed(Struct, tag_field="type", tag="resumed", frozen=True):
    """The answer to a `resume` that could be met."""

    after: int


class ResumeFailed(Struct, tag_field="type", tag="resume_failed", frozen=True, kw_only=True):
    """What was asked for is not there; what is kept comes next, from `first`."""

    reason: str
    after: int
    epoch: str
    first: int
    seq: int


class Trouble(Struct, tag_field="type", tag="error", frozen=True, kw_only=True, omit_defaults=True):
    """A message of the client could not be used, or its handling failed."""

    code: str
    message: str
    about: str = ""
    incident: str = ""


class Refreshed(Struct, tag_field="type", tag="refreshed", frozen=True):
    """The new credential holds until `expires`."""

    expires: float | UnsetType = UNSET


class Expiring(Struct, tag_field="type", tag="expiring", frozen=True):
    """The credential expires soon."""

    expires: float


Control = Login | Refresh | Ack | Resume | Ping | Pong
"""What the bridge itself understands of a client's messages."""
CONTROL = frozenset({"login", "refresh", "ack", "resume", "ping", "pong"})
PING = '{"type":"ping"}'
_encoder = msgspec.json.Encoder()


def told(message: Struct) -> str:
    """Give a message as the text of a frame."""
    return _encoder.encode(message).decode()


def frame(entry: Entry) -> bytes:
    """Give an entry as a JSON object, with its numbers beside the event's own fields.

    The body begins with the event's type, so the numbers go in front of it and nothing is parsed.
    """
    numbers = (entry.seq, _quoted(entry.run), entry.step, entry.at)
    return b'{"seq":%d,"run":%b,"step":%d,"at":%.3f,' % numbers + entry.body[1:]


@lru_cache(maxsize=1024)
def _quoted(run: str) -> bytes:
    return _encoder.encode(run)


def batch(frames: list[bytes]) -> str:
    """Give several framed entries as one text."""
    return (b'{"type":"events","events":[' + b",".join(frames) + b"]}").decode()


class Unreadable(Exception):  # noqa: N818 - what a client sends is data; this carries its answer
    """A client's message is none of the protocol; `trouble` is what it is told."""

    def __init__(self, code: str, message: str, about: str = "") -> None:
        super().__init__(message)
        self.trouble = Trouble(code=code, message=message, about=about)


class _Typed(Struct):
    type: str


_typed = msgspec.json.Decoder(type=_Typed)
_control = msgspec.json.Decoder(type=Control)


def type_of(text: str) -> str:
    """Give the `type` of a message.

    Raises:
        Unreadable: it is no JSON object with a type that is a text.
    """
    try:
        return _typed.decode(text).type
    except RecursionError:
        raise Unreadable("too_deep", "it is nested too deeply") from None
    except msgspec.ValidationError:
        told = "a message is a JSON object with a `type`, which is a text"
        raise Unreadable("bad_shape", told) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable("bad_json", f"it is no JSON: {error}") from None


def control(text: str, about: str) -> Control:
    """Read a message of the bridge itself.

    Raises:
        Unreadable: its fields are not as they have to be.
    """
    found: Control = read(_control, text, about)
    return found


def read(decoder: msgspec.json.Decoder[Any], text: str, about: str) -> Any:
    """Read a message whose type is known.

    Raises:
        Unreadable: its fields are not as they have to be.
    """
    try:
        return decoder.decode(text)
    except RecursionError:
        raise Unreadable("too_deep", "it is nested too deeply", about) from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Unreadable("bad_shape", str(error), about) from None
