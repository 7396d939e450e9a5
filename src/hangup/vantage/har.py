"""Reads HAR files with the WebSocket messages that browsers add to them.

A browser writes no close frame, FIN or RST into a HAR: a trace ends with the last message that
was kept, and no closure is made up for it. Times are wall-clock times of the browser.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from hangup.credentials import secrets_in_headers, secrets_in_target
from hangup.errors import UnreadableHarError
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    Event,
    Header,
    RequestSent,
    Resolved,
    ResolveFailed,
    ResponseReceived,
    TlsFailed,
    Upgraded,
)
from hangup.in_band import (
    secrets_in_message,
    secrets_in_subprotocols,
    without_credentials,
    without_subprotocol_secrets,
)
from hangup.redact import Redactor
from hangup.trace import Trace, unusable
from hangup.vantage.har_format import Entry, Har, Message, Pair
from hangup.vantage.har_frames import frame_of, payload_of
from hangup.vantage.net_error import event_of_error, invalid_upgrade

MOST_BYTES = 256 * 1024 * 1024
KEPT_BODY = 4096
EXPERIMENT = "har"
MOST_KNOWN = 512
"""Credentials in headers and the URL that are looked for elsewhere too."""
MOST_SAID = 32
"""Credentials in messages that are looked for elsewhere too, since each takes its time."""
SUBPROTOCOL = "sec-websocket-protocol"
BEFORE_REQUEST = (ResolveFailed, ConnectFailed, TlsFailed)

_decoder = msgspec.json.Decoder(Har, strict=False)


def read_har(raw: bytes, source: str) -> tuple[Trace, ...]:
    """Give one trace for each WebSocket of a HAR file, credentials redacted.

    Raises:
        UnreadableHarError: when it is no HAR, or holds no WebSocket.
    """
    sockets = read_sockets(raw, source)
    return tuple(_trace(entry, i, source) for i, entry in enumerate(sockets, start=1))


def read_sockets(raw: bytes, source: str) -> list[Entry]:
    """Give the WebSockets of a HAR file as they stand there, credentials and all.

    Raises:
        UnreadableHarError: when it is no HAR, or holds no WebSocket.
    """
    try:
        entries = _decoder.decode(raw.removeprefix(b"\xef\xbb\xbf")).log.entries
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UnreadableHarError(source, f"it is no HAR: {exc}") from None
    sockets = [entry for entry in entries if entry.is_websocket]
    if not sockets:
        raise UnreadableHarError(source, f"none of its {len(entries)} requests is a WebSocket")
    return sockets


def secrets_in(entry: Entry) -> tuple[str, ...]:
    """Give every credential that is known in one WebSocket, where its URL can be read."""
    try:
        return tuple(_secrets(entry, _Place(urlsplit(entry.request.url))))
    except ValueError:
        return ()


def _trace(entry: Entry, number: int, source: str) -> Trace:
    try:
        trace = _read(entry, number)
        why = unusable(trace)
    except _MalformedError as exc:
        why = str(exc)
    if why:
        raise UnreadableHarError(source, f"WebSocket {number} is malformed: {why}")
    return trace


class _MalformedError(Exception):
    """What is wrong with an entry; no value is quoted, for it may be a credential, or long."""


def _read(entry: Entry, number: int) -> Trace:
    try:
        began = datetime.fromisoformat(entry.started).timestamp()
    except (ValueError, OverflowError, OSError):
        raise _MalformedError("its startedDateTime is no date") from None
    try:
        place = _Place(urlsplit(entry.request.url))
    except ValueError:
        raise _MalformedError("its URL cannot be read") from None
    redactor = Redactor(_secrets(entry, place))
    return Trace(
        id=f"h{number}",
        experiment=EXPERIMENT,
        url=redactor.text(place.url),
        began=began,
        events=tuple(redactor.struct(event) for event in _events(entry, place, began, redactor)),
    )


def _secrets(entry: Entry, place: _Place) -> Iterator[str]:
    """Give all that is known to be secret, also as it stands in a host, which is lower case."""
    headers = (*_headers(entry.request.headers), *_headers(entry.response.headers))
    found = chain(place.secrets, secrets_in_target(place.target), secrets_in_headers(headers))
    for secret in islice(dict.fromkeys(found), MOST_KNOWN):
        yield secret
        yield secret.lower()
    yield from _in_band(entry)


def _in_band(entry: Entry) -> Iterator[str]:
    """Give what messages and subprotocols say of credentials, the first ones if it is a lot."""
    return islice(dict.fromkeys(_said(entry)), MOST_SAID)


def _said(entry: Entry) -> Iterator[str]:
    for pair in (*entry.request.headers, *entry.response.headers):
        if pair.name.lower() == SUBPROTOCOL:
            yield from secrets_in_subprotocols(pair.value)
    for message in entry.messages or ():
        if message.type != "error":
            yield from secrets_in_message(payload_of(message))


class _Place:
    """Where a WebSocket of a HAR went; browsers write ws and wss also as http and https."""

    def __init__(self, url: SplitResult) -> None:
        secure = url.scheme.lower() in ("wss", "https")
        self.host = url.hostname or ""
        self.port = url.port or (443 if secure else 80)
        self.target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        secret = url.password or url.username or ""  # a user without a password is a token
        self.secrets = [secret, unquote(secret)]
        authority = url.netloc.rpartition("@")[2]
        self.url = f"{'wss' if secure else 'ws'}://{authority}{self.target}"


def _events(entry: Entry, place: _Place, began: float, redactor: Redactor) -> Iterator[Event]:
    broken = _broken(entry, place)
    before = list(_connecting(entry, place, broken))
    yield from before
    clock = before[-1].at if before else _seconds(entry.timings.blocked)
    broken = _broken(entry, place, clock)
    if isinstance(broken, BEFORE_REQUEST):
        yield broken
        return
    yield RequestSent(
        at=clock,
        method=entry.request.method,
        target=place.target,
        headers=_headers(entry.request.headers),
        upgrade=True,
    )
    if broken:
        yield broken
    if entry.response.status:
        yield from _answered(entry, clock, began, redactor)


def _broken(entry: Entry, place: _Place, at: float = 0.0) -> Event | None:
    """Give what Chrome says when there was no answer, None when it says nothing."""
    error = _error(entry)
    if entry.response.status or not error:
        return None
    return event_of_error(error, place.host, entry.address or "", place.port, at)


def _connecting(entry: Entry, place: _Place, broken: Event | None) -> Iterator[Event]:
    """Give the steps before the request, of which a HAR keeps durations where it saw them."""
    times, address = entry.timings, (entry.address or "").strip("[]")
    clock = _seconds(times.blocked)
    if not address or isinstance(broken, ResolveFailed):
        return
    if _happened(times.dns):
        took = _seconds(times.dns)
        clock += took
        yield Resolved(at=clock, host=place.host, addresses=(address,), source="system", took=took)
    if _happened(times.connect) and not isinstance(broken, ConnectFailed):
        yield Connecting(at=clock, address=address, port=place.port)
        took = _seconds(times.connect)
        yield Connected(at=clock + took, address=address, port=place.port, local="", took=took)


def _answered(entry: Entry, clock: float, began: float, redactor: Redactor) -> Iterator[Event]:
    took = _seconds(entry.timings.send) + _seconds(entry.timings.wait)
    response = _response(entry, clock + took, took, redactor)
    yield response
    messages = entry.messages or ()
    refusal = next((m.data for m in messages if _is_handshake_error(m)), None)
    # Over HTTP/2 the answer to an extended CONNECT is 200 (RFC 8441, 5).
    if response.status == 101 or (response.status == 200 and messages):
        if refusal:
            yield invalid_upgrade(refusal, response.at)
            return
        yield _upgraded(response)
        yield from _frames(messages, began, response.at, redactor)


def _response(entry: Entry, at: float, took: float, redactor: Redactor) -> ResponseReceived:
    content = entry.response.content
    body = _body(content.text or "", content.encoding)
    return ResponseReceived(
        at=at,
        status=entry.response.status,
        reason=entry.response.reason or "",
        http_version=(entry.response.version or "").upper().removeprefix("HTTP/"),
        headers=_headers(entry.response.headers),
        body=redactor.head(without_credentials(body), KEPT_BODY),
        body_size=len(body),
        took=took,
    )


def _body(text: str, encoding: str | None) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if encoding != "base64":
        return raw
    try:
        return base64.b64decode(raw, validate=True)
    except ValueError:
        return raw


def _upgraded(response: ResponseReceived) -> Upgraded:
    offered = response.header("sec-websocket-extensions") or ""
    names = (part.partition(";")[0].strip() for part in offered.split(","))
    return Upgraded(
        at=response.at,
        subprotocol=response.header("sec-websocket-protocol"),
        extensions=tuple(name for name in names if name),
        glued=0,
    )


def _frames(
    messages: Iterable[Message], began: float, opened: float, redactor: Redactor
) -> Iterator[Event]:
    for message in sorted(messages, key=lambda each: each.time):
        at = max(_epoch_seconds(message.time) - began, opened)
        event = frame_of(message, at, redactor)
        if event:
            yield event


def _error(entry: Entry) -> str | None:
    if entry.response.error:
        return entry.response.error
    return next((m.data for m in entry.messages or () if m.type == "error"), None)


def _is_handshake_error(message: Message) -> bool:
    return message.type == "error" and "handshake" in message.data


def _epoch_seconds(time: float) -> float:
    """Chrome writes seconds; some exporters write milliseconds or microseconds."""
    if time > 1e14:
        return time / 1e6
    return time / 1e3 if time > 1e11 else time


def _happened(milliseconds: float | None) -> bool:
    return milliseconds is not None and milliseconds >= 0


def _seconds(milliseconds: float | None) -> float:
    return milliseconds / 1000 if milliseconds is not None and milliseconds > 0 else 0.0


def _headers(pairs: Iterable[Pair]) -> tuple[Header, ...]:
    return tuple((pair.name, _header(pair)) for pair in pairs)


def _header(pair: Pair) -> str:
    telling = pair.name.lower() == SUBPROTOCOL
    return without_subprotocol_secrets(pair.value) if telling else pair.value
