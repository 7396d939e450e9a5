"""No secret reaches a trace, whatever way it takes and wherever it is cut."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import html
import json
import string
import zlib
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hangup.credentials import secrets_of
from hangup.endpoint import Credential
from hangup.event import (
    DeadlineExpired,
    FrameReceived,
    FrameRejected,
    RequestSent,
)
from hangup.incident import CloseTried, ConnectionSeen, MessageSeen
from hangup.lab.wire import CLOSE, CONT, PING, PONG, TEXT, close, deflated, frame
from hangup.probe.dial import dial
from hangup.probe.frames import KEPT_BYTES
from hangup.probe.http import KEPT_BODY, KEPT_HEAD
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import REDACTED, Redactor
from hangup.trace import dump_traces

from .pair import opened_protocol
from .peer import bye, fin, hear_all, playing, request, say, upgraded
from .watching import endpoint_at, say_nothing, watch

TOKEN = "sk-live/Zq8+wörk=&<7>'secret'"
TELLING = 8
"""That many characters of a secret in a row are a leak."""


def texts_in(line: bytes) -> list[bytes]:
    """Give the line and all that is base64 in it, decoded."""
    found = [line]

    def walk(value: object) -> None:
        if isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                walk(each)
        elif isinstance(value, str):
            found.append(value.encode("utf-8", "surrogatepass"))
            with contextlib.suppress(ValueError):
                found.append(base64.b64decode(value, validate=True))

    walk(json.loads(line))
    return found


def leaks(trace, token: str = TOKEN) -> list[bytes]:
    """Give what of the trace's NDJSON holds a telling part of the token, in any encoding."""
    raw = token.encode()
    forms = {raw, quote(token, safe="").encode(), json.dumps(token)[1:-1].encode()}
    forms |= {html.escape(token).encode(), raw.hex().encode(), base64.b64encode(raw)[:-4]}
    parts = {f[i : i + TELLING] for f in forms for i in range(max(1, len(f) - TELLING + 1))}
    (line,) = dump_traces([trace]).splitlines()
    return [text for text in texts_in(line) if any(part in text for part in parts)]


@pytest.mark.parametrize("place", ["header", "query", "subprotocol", "cookie"])
def test_a_credential_is_sent_and_not_recorded(place: str) -> None:
    token = "sk-live-Zq8xwork7secret"
    credential = Credential(token=token, place=place)

    async def main():
        async with playing(request(), say(b"HTTP/1.1 400 No\r\n\r\n"), fin()) as peer:
            endpoint = endpoint_at(peer.port, credential=credential)
            recorder = Recorder(Redactor(secrets_of(endpoint)))
            end = asyncio.get_running_loop().time() + 5
            await dial(endpoint, Opening(), None, recorder, patience=2, deadline=end)
            trace = recorder.trace(id="t1", experiment="test", variant="", url=endpoint.url)
            return peer.connections[0].head, trace

    head, trace = asyncio.run(main())
    assert token.encode() in head
    assert trace.first(RequestSent)
    assert not leaks(trace, token)


FORMS = [
    TOKEN,
    quote(TOKEN),
    quote(TOKEN, safe=""),
    quote(TOKEN, safe="").lower(),
    quote_plus(TOKEN),
    json.dumps(TOKEN),
    json.dumps(TOKEN, ensure_ascii=False),
    json.dumps(TOKEN).replace("/", "\\/"),
    html.escape(TOKEN),
    html.escape(TOKEN, quote=False),
    repr(TOKEN.encode()),
    TOKEN.encode().hex(),
    base64.b64encode(TOKEN.encode()).decode(),
    base64.b64encode(f"me:{TOKEN}".encode()).decode(),
    base64.urlsafe_b64encode(f"user:{TOKEN}!".encode()).decode(),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    assert REDACTED in Redactor([TOKEN]).text(f"before {form} after")


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_echoed_in_headers_body_message_and_reason_is_taken_out(form: str) -> None:
    raw = form.encode()
    refusal = b"HTTP/1.1 403 " + raw + b"\r\nX-Echo: " + raw + b"\r\n\r\nyour token " + raw
    assert not leaks(watch(request(), say(refusal), fin(), secrets=(TOKEN,)))
    sent = frame(TEXT, b"you said " + raw) + close(4401, (b"bad " + raw)[:120])
    assert not leaks(watch(upgraded(sent), bye(), script=say_nothing, secrets=(TOKEN,)))


def test_ordinary_text_stays_as_it_is() -> None:
    redactor = Redactor(["token-abcdef", "test-secret", "abc"])
    assert redactor.text("invalid token: this is a test") == "invalid token: this is a test"
    assert redactor.head(b"this is a test", 100) == b"this is a test"


def test_secrets_that_overlap_are_taken_out_together() -> None:
    redactor = Redactor(["AAAABBBBBBBB", "BBBBBBBBCCCC"])
    assert redactor.text("<AAAABBBBBBBBCCCC>") == f"<{REDACTED}>"


def test_a_secret_that_is_part_of_the_mark_does_not_multiply_it() -> None:
    assert Redactor(["redacted", "other-secret"]).text("other-secret") == REDACTED


@pytest.mark.parametrize("into", range(1, len(TOKEN.encode())))
def test_the_bound_of_a_payload_cuts_no_secret_in_two(into: int) -> None:
    raw = TOKEN.encode()
    payload = b"." * (KEPT_BYTES - into) + raw + b"." * 50
    head = Redactor([TOKEN]).head(payload, KEPT_BYTES)
    assert head == b"." * (KEPT_BYTES - into) + REDACTED.encode()


def test_a_body_and_a_head_cut_no_secret_in_two() -> None:
    raw = TOKEN.encode()
    for most, start in ((KEPT_BODY, b"HTTP/1.0 200 OK\r\n\r\n"), (KEPT_HEAD, b"nonsense ")):
        padding = b"." * (most - len(raw) // 2 - (len(start) if most == KEPT_HEAD else 0))
        sent = start + padding + raw + b"\r\n\r\n"
        trace = watch(request(), say(sent), fin(), secrets=(TOKEN,))
        assert not leaks(trace)
        assert base64.b64encode(b"." * 60) in dump_traces([trace])


def test_a_response_that_breaks_off_inside_a_secret_leaks_no_part_of_it() -> None:
    half = TOKEN.encode()[:15]
    for start in (b"HTTP/1.1 400 ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"):
        assert not leaks(watch(request(), say(start + half), fin(), secrets=(TOKEN,)))


def test_a_reason_that_the_server_cut_to_fit_leaks_no_part_of_a_secret() -> None:
    reason = (b"x" * 110 + TOKEN.encode())[:123]
    trace = watch(upgraded(close(4401, reason)), bye(), script=say_nothing, secrets=(TOKEN,))
    assert trace.first(FrameReceived).reason == "x" * 110 + REDACTED


@pytest.mark.parametrize("length", [15, len(TOKEN.encode()) - 1])
def test_half_a_frame_that_ends_inside_a_secret_leaks_no_part_of_it(length: int) -> None:
    half = frame(TEXT, b"hi " + TOKEN.encode()[:length], length=500)

    async def script(session) -> None:
        await session.hear(None, 0.05)

    trace = watch(upgraded(half), bye(), script=script, secrets=(TOKEN,))
    assert trace.first(DeadlineExpired).pending == len(half)
    assert not leaks(trace)


def test_a_payload_in_which_a_secret_cannot_be_seen_is_left_out() -> None:
    raw = b"your token is " + TOKEN.encode()
    masked = frame(TEXT, raw, mask=b"\x01\x02\x03\x04")
    trace = watch(upgraded(masked), bye(), script=say_nothing, secrets=(TOKEN,))
    assert trace.first(FrameRejected).head == masked[:6]
    deflate = b"Sec-WebSocket-Extensions: permessage-deflate"
    packed = frame(TEXT, deflated(raw), rsv=6)
    trace = watch(upgraded(packed, deflate), bye(), script=say_nothing, secrets=(TOKEN,))
    assert trace.first(FrameRejected).head == packed[:2]


def test_a_masked_frame_without_a_secret_is_kept() -> None:
    masked = frame(TEXT, b"nothing to hide", mask=b"\x01\x02\x03\x04")
    trace = watch(upgraded(masked), bye(), script=say_nothing, secrets=(TOKEN,))
    assert trace.first(FrameRejected).head == masked


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_masked_control_frame_in_which_a_secret_hides_is_left_out(opcode: int) -> None:
    said = (b"\x11\x31" if opcode == CLOSE else b"") + b"token " + TOKEN.encode()
    masked = frame(opcode, said, mask=b"\x01\x02\x03\x04")
    trace = watch(upgraded(masked), bye(), script=say_nothing, secrets=(TOKEN,))
    assert trace.first(FrameRejected).head == masked[:6]


@pytest.mark.parametrize("begin", ["ab", "A!", "qz", "HTTP", "eyJ"])
def test_a_long_secret_that_looks_like_a_frame_leaks_no_part_of_it(begin: str) -> None:
    token = begin + "".join(f"{number:03}" for number in range(KEPT_BYTES))
    (rejected,) = record(token.encode(), token).all(FrameRejected)
    assert rejected.head == REDACTED.encode()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Encoding: gzip", gzip.compress(TOKEN.encode())),
        (b"Content-Encoding: deflate", zlib.compress(TOKEN.encode())),
        (b"Content-Encoding: br", b"\x8b\x02\x80..."),
        (b"X-Unsaid: encoding", gzip.compress(TOKEN.encode())),
    ],
    ids=["gzip", "deflate", "br", "unsaid"],
)
def test_a_body_in_which_no_secret_could_be_seen_is_counted_and_not_kept(
    header: bytes, body: bytes
) -> None:
    refusal = b"HTTP/1.1 403 No\r\n" + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    response = watch(request(), say(refusal + body), fin(), secrets=(TOKEN,)).response
    assert (response.body, response.body_size, response.body_complete) == (b"", len(body), True)


def test_a_body_that_is_not_encoded_is_kept() -> None:
    refusal = b"HTTP/1.1 403 No\r\nContent-Encoding: identity\r\nContent-Length: 4\r\n\r\nwhy?"
    assert watch(request(), say(refusal), fin(), secrets=(TOKEN,)).response.body == b"why?"


def test_a_ping_and_a_close_with_a_secret_are_kept_without_it() -> None:
    raw = b"for " + TOKEN.encode()
    sent = frame(PING, raw) + frame(PONG, raw) + close(4401, raw)
    trace = watch(upgraded(sent), bye(), script=say_nothing, secrets=(TOKEN,))
    mark = b"for " + REDACTED.encode()
    assert [e.data for e in trace.all(FrameReceived)] == [mark, mark, b""]
    assert not leaks(trace)


@settings(max_examples=60)
@given(
    before=st.integers(0, KEPT_BYTES + 40),
    cuts=st.sets(st.integers(0, KEPT_BYTES + 120), max_size=30),
)
def test_a_secret_that_spans_fragments_is_taken_out(before: int, cuts: set[int]) -> None:
    """Fragments are one message; a secret spread over several messages is not looked for."""
    whole = b"." * before + TOKEN.encode() + b"!" * 20
    ends = [*sorted(cut for cut in cuts if 0 < cut < len(whole)), len(whole)]
    parts = [whole[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    sent = b"".join(
        frame(CONT if i else TEXT, part, fin=i == len(parts) - 1) for i, part in enumerate(parts)
    )
    trace = record(sent, TOKEN)
    assert not leaks(trace)
    shown = b"".join(received.data for received in trace.all(FrameReceived))
    assert not any(TOKEN.encode()[i : i + 4] in shown for i in range(len(TOKEN) - 3))


@settings(max_examples=100)
@given(
    token=st.text(string.printable + "äöü\u20ac", min_size=12, max_size=60),
    before=st.binary(max_size=1200),
    after=st.binary(max_size=40),
)
def test_no_token_is_left_in_what_is_kept(token: str, before: bytes, after: bytes) -> None:
    redactor = Redactor([token])
    for most in (10, 256, KEPT_BYTES):
        head = redactor.head(before + token.encode() + after, most)
        assert token.encode() not in head
        assert len(head) <= most + len(REDACTED)


def record(sent: bytes, token: str):
    """Feed bytes to an open session and give the trace."""
    recorder = Recorder(Redactor([token]), clock=lambda: 0.0)
    opened_protocol(recorder).receive(sent)
    return recorder.trace(id="t1", experiment="test", variant="", url="ws://h/")


def test_a_header_with_bytes_that_are_no_text_can_be_written() -> None:
    sent = ("X-Odd", b"\xff\xfe".decode("utf-8", "surrogateescape"))
    trace = watch(request(), fin(), headers=(sent,))
    assert msgspec.json.decode(dump_traces([trace]))


def test_what_a_recorder_saw_is_redacted_whatever_kinds_its_fields_are_of() -> None:
    data = b'{"token": "' + TOKEN.encode() + b'"}'
    message = MessageSeen(after=0.1, sent=True, size=len(data), data=data, site=f"a.py {TOKEN}")
    close = CloseTried(code=1011, reason=TOKEN)
    seen = ConnectionSeen(at=0.0, connection="c1", messages=(message,), close=close)
    told = Redactor([TOKEN]).struct(seen)
    assert told.messages[0].text is True
    assert TOKEN not in repr(told)
    assert TOKEN.encode() not in told.messages[0].data


def test_what_we_send_is_recorded_without_the_secret() -> None:
    async def script(session) -> None:
        await session.send(json.dumps({"token": TOKEN}))
        await session.ping(b"ping " + TOKEN.encode(), 0.01)

    trace = watch(upgraded(), hear_all(), script=script, within=0.3, secrets=(TOKEN,))
    assert not leaks(trace)
