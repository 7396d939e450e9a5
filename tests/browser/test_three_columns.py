"""What a page, the wire and the server saw of one conversation, with a real Chromium."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from pathlib import Path

import pytest
import trustme
from in_chromium import at, both, columns, columns_of, said
from peer import hear, playing, request, reset, say, slowly, stay, upgraded
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hangup.browsed.differing import difference_of
from hangup.diagnosis import InBrowser
from hangup.ending import ending_of
from hangup.endpoint import Credential, Tls
from hangup.event import (
    CookieWithheld,
    EventsDropped,
    FrameReceived,
    FrameRejected,
    RequestSent,
    TlsEstablished,
)

pytestmark = pytest.mark.asyncio
SITE = "https://app.example.com"


async def _echo(socket: ServerConnection) -> None:
    try:
        async for message in socket:
            if message == "bye":
                await socket.close(1011, "kaputt")
            await socket.send(message)
    except ConnectionClosed:
        return


def _port(server: object) -> int:
    return int(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]


async def test_a_healthy_conversation_is_seen_alike_by_page_and_wire() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        seen = await columns(at(_port(server), origin=SITE), "hello")
    assert (seen.outcome, seen.origin) == ("both-work", SITE)
    assert said(seen.page) == [
        "onopen",
        "onmessage, 5 bytes: 'hello'",
        "onclose 1000, no reason, wasClean true",
    ]
    assert said(seen.wire) == [
        f"TCP to 127.0.0.1 port {_port_of(seen)}",
        f"sent GET /ws, Origin {SITE}",
        "received 101 Switching Protocols",
        "open, no subprotocol",
        "sent text, 5 bytes",
        "received text, 5 bytes",
        "sent close 1000",
        "received close 1000",
        "received FIN",
    ]


def _port_of(seen: InBrowser) -> str:
    return seen.wire[0].says.rpartition(" ")[2]


async def test_a_close_frame_is_told_to_the_page_as_the_wire_has_it() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        seen = await columns(at(_port(server)), "bye")
    assert seen.outcome == "alike"
    assert said(seen.page)[-1] == "onclose 1011, 'kaputt', wasClean true"
    assert "received close 1011 'kaputt'" in said(seen.wire)


def _refuse(connection: ServerConnection, asked: Request) -> Response | None:
    if asked.headers.get("Origin") in (None, SITE):
        return None
    return connection.respond(HTTPStatus.FORBIDDEN, "Origin not allowed\n")


async def test_a_403_for_the_origin_is_on_the_wire_and_is_1006_in_the_page() -> None:
    async with serve(_echo, "127.0.0.1", 0, process_request=_refuse) as server:
        seen = await columns(at(_port(server), origin="https://other.example"))
    assert seen.outcome == "alike"
    assert "received 403 Forbidden" in said(seen.wire)
    page = said(seen.page)
    assert page[-1] == "onclose 1006, no reason, wasClean false"
    assert "onerror, without a reason" in page
    assert any("Unexpected response code: 403" in line for line in page)


async def test_the_origin_of_the_page_that_we_made_up_is_no_fault_of_the_server() -> None:
    async with serve(_echo, "127.0.0.1", 0, process_request=_refuse) as server:
        base, tries = await both(at(_port(server)))
    why = difference_of(base, tries[-1], [base, *tries])
    assert (why.ours, len(tries)) == (True, 2)
    assert "http://127.0.0.1" in why.says


async def test_a_header_that_no_script_can_send_is_not_sent() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        endpoint = at(_port(server), credential=Credential(token="sesame-sesame"))
        _, (trace,) = await both(endpoint)
    asked = trace.first(RequestSent)
    assert asked is not None
    assert asked.header("Authorization") == ""
    assert columns_of(trace).limits == (
        "No script of a page can send Authorization: the browser went without.",
    )


@pytest.mark.parametrize(
    ("origin", "sent"), [("http://127.0.0.1", True), ("http://app.example.com", False)]
)
async def test_a_cookie_goes_along_within_its_site_only(origin: str, sent: bool) -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        credential = Credential(token="sesame-sesame", place="cookie", name="sid")
        _, tries = await both(at(_port(server), origin=origin, credential=credential))
    asked, withheld = tries[0].first(RequestSent), tries[0].first(CookieWithheld)
    assert asked is not None
    assert bool(asked.header("Cookie")) == sent
    assert (withheld is None) == sent
    assert sent or "without SameSite" in withheld.why


async def test_no_secret_is_in_the_trace_of_a_browser() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        credential = Credential(token="sesame-sesame", place="query")
        endpoint = at(_port(server), credential=credential, origin="https://other.example")
        _, tries = await both(endpoint, "sesame-sesame")
    assert "sesame" not in repr(tries)
    assert "token=[redacted]" in repr(tries)


async def test_ws_from_a_page_of_https_is_refused_before_any_packet() -> None:
    async with serve(_echo, "127.0.0.1", 0) as server:
        port = _port(server)
        overrides = (("chat.example.com", port, "127.0.0.1"),)
        endpoint = at(port, host="chat.example.com", overrides=overrides, origin=SITE)
        base, tries = await both(endpoint, "hello")
    why = difference_of(base, tries[-1], [base, *tries])
    assert (ending_of(base).works, why.cause) == (True, "client.mixed-content")
    assert ending_of(tries[-1]).words.startswith("new WebSocket() threw SecurityError")
    assert not any(trace.first(RequestSent) for trace in tries)


async def test_a_port_that_browsers_block_is_no_packet_either() -> None:
    seen = await columns(at(6000))
    assert said(seen.wire) == ["the browser gave up: net::ERR_UNSAFE_PORT"]
    assert said(seen.page)[-1] == "onclose 1006, no reason, wasClean false"


async def test_a_subprotocol_that_is_not_chosen_is_refused_by_the_browser_alone() -> None:
    async with serve(_echo, "127.0.0.1", 0, select_subprotocol=lambda *_: None) as server:
        base, tries = await both(at(_port(server), subprotocols=("chat.v2",)), "hello")
    why = difference_of(base, tries[-1], [base, *tries])
    assert ending_of(base).works
    assert why.cause == "protocol.subprotocol-not-echoed"
    assert "no response was received" in ending_of(tries[-1]).words


@pytest.mark.parametrize(
    ("frame", "failure", "page"),
    [
        (b"\x81\x82abcd\x09\x0b", "frame.masked", "must not mask"),
        (b"\x81\x02\xff\xff", "frame.utf8", "UTF-8"),
        (b"\xd1\x00", "frame.reserved-bits", "reserved bits"),
    ],
)
async def test_an_illegal_frame_is_told_on_the_console_and_seen_on_the_wire(
    frame: bytes, failure: str, page: str
) -> None:
    async with playing(upgraded(), say(frame), hear(1), stay()) as peer:
        _, (trace, *_) = await both(at(peer.port))
    seen = said(columns_of(trace).page)
    assert any(page in line for line in seen), seen
    assert [event.failure for event in trace.all(FrameRejected)] == [failure]


async def test_a_reset_is_1006_in_the_page_and_a_break_on_the_wire() -> None:
    async with playing(upgraded(), hear(8), reset()) as peer:
        seen = await columns(at(peer.port), "hello")
    assert said(seen.page)[-1] == "onclose 1006, no reason, wasClean false"
    assert said(seen.wire)[-1] == "the connection broke: tcp.reset"


async def test_what_comes_in_pieces_is_read_as_it_was_sent() -> None:
    async with playing(upgraded(), slowly(b"\x81\x05hello\x88\x02\x03\xe8", 0.01), stay()) as peer:
        _, (trace, *_) = await both(at(peer.port))
    received = [(e.opcode, e.data, e.code) for e in trace.all(FrameReceived)]
    assert received == [("text", b"hello", None), ("close", b"", 1000)]


async def test_a_flood_is_counted_and_ends_as_the_page_says() -> None:
    async def flood(socket: ServerConnection) -> None:
        for _ in range(12):
            await socket.send(b"x" * 1024 * 1024)
        await socket.close(1013, "enough")

    async with serve(flood, "127.0.0.1", 0, compression=None) as server:
        _, (trace, *_) = await both(at(_port(server)), quiet=8.0)
    dropped = trace.first(EventsDropped)
    assert dropped is not None
    assert (dropped.kind, dropped.count > 2 * 1024 * 1024) == ("bytes", True)
    assert ending_of(trace).words == "closed 1013 'enough'"


async def test_no_answer_is_silence_on_the_wire_and_nothing_in_the_page() -> None:
    async with playing(request(), stay()) as peer:
        _, (trace, *_) = await both(at(peer.port), within=6.0)
    seen = columns_of(trace)
    assert said(seen.page) == []
    assert said(seen.wire)[-1] == "gave up waiting for an HTTP response"


def _contexts(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context, str(folder / "ca.pem")


async def test_an_unknown_authority_is_a_certificate_error_in_both(tmp_path: Path) -> None:
    context, _ = _contexts(tmp_path, "127.0.0.1")
    async with serve(_echo, "127.0.0.1", 0, ssl=context) as server:
        seen = await columns(at(_port(server), secure=True))
    assert seen.outcome == "alike"
    assert said(seen.wire)[-1] == "no TLS: net::ERR_CERT_AUTHORITY_INVALID"
    assert any("ERR_CERT_AUTHORITY_INVALID" in line for line in said(seen.page))


@pytest.mark.parametrize("how", ["insecure", "cacert"])
async def test_a_certificate_that_is_to_be_trusted_is_trusted(tmp_path: Path, how: str) -> None:
    context, authority = _contexts(tmp_path, "127.0.0.1")
    tls = Tls(ca_file=authority) if how == "cacert" else Tls(verify=False)
    async with serve(_echo, "127.0.0.1", 0, ssl=context) as server:
        _, (trace,) = await both(at(_port(server), secure=True, tls=tls, origin=SITE), "hello")
    assert ending_of(trace).works
    established = trace.first(TlsEstablished)
    assert established is not None
    assert (established.version, established.verified) == ("TLSv1.3", False)
    assert [each.names for each in established.chain] == [("127.0.0.1",)]
    assert b"hello" in [event.data for event in trace.all(FrameReceived)]
