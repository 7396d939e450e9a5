"""What an endpoint may do to a client, for looks by the probe and by a load."""

from __future__ import annotations

import asyncio

from hangup.lab.peer import Client, Play, echo, routed
from hangup.lab.wire import BINARY, CONT, PING, TEXT, close, frame


async def _refused(client: Client) -> None:
    await client.request()
    await client.respond(503, "no room", "Server: nginx", "Retry-After: 5")


async def _forbidden(client: Client) -> None:
    await client.request()
    await client.respond(403)


async def _no_http(client: Client) -> None:
    await client.request()
    await client.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    client.fin()


async def _half_a_head(client: Client) -> None:
    await client.request()
    await client.raw(b"HTTP/1.1 101 Switching")
    client.fin()


async def _hangs_up_first(client: Client) -> None:
    await client.request()
    client.fin()


async def _resets_first(client: Client) -> None:
    await client.request()
    client.reset()


async def _says_nothing(client: Client) -> None:
    await client.request()
    await asyncio.Event().wait()


async def _wrong_accept(client: Client) -> None:
    request = await client.request()
    await client.upgrade(request, "Sec-WebSocket-Accept: bm90IHRoaXMgb25lIGF0IGFsbA==")


async def _no_upgrade_header(client: Client) -> None:
    request = await client.request()
    await client.upgrade(request, "Upgrade: h2c")


async def _extension_unasked(client: Client) -> None:
    request = await client.request()
    await client.upgrade(request, "Sec-WebSocket-Extensions: permessage-deflate")


def _once_open(data: bytes, *, then: str = "") -> Play:
    """Send bytes when the first message has come, and end TCP in some way."""

    async def play(client: Client) -> None:
        await client.upgrade(await client.request())
        await client.frame()
        await client.raw(data)
        if then == "fin":
            client.fin()
        elif then == "reset":
            client.reset()
        else:
            await client.drain()

    return play


async def _glued(client: Client) -> None:
    request = await client.request()
    await client.upgrade(request, glued=frame(TEXT, b"hello") + close(1008, b"policy"))
    await client.drain()


async def _deaf(client: Client) -> None:
    await client.upgrade(await client.request())
    await asyncio.Event().wait()


async def _in_pieces(client: Client) -> None:
    """Echo, each byte of a fragmented answer by itself, with a ping in between."""
    await client.upgrade(await client.request())
    while (message := await client.receive()) is not None:
        text = str(message).encode()
        raw = frame(TEXT, text[:2], fin=False) + frame(PING, b"p") + frame(CONT, text[2:])
        for at in range(len(raw)):
            await client.raw(raw[at : at + 1])


async def _finishes(client: Client) -> None:
    await client.upgrade(await client.request())
    await client.send(str(await client.receive()))
    await client.close(1000, "all is said")


CONDUCTS: dict[str, Play] = {
    "echo": routed(echo),
    "refused": _refused,
    "forbidden": _forbidden,
    "no http": _no_http,
    "half a head": _half_a_head,
    "hangs up first": _hangs_up_first,
    "resets first": _resets_first,
    "says nothing": _says_nothing,
    "wrong accept": _wrong_accept,
    "no upgrade header": _no_upgrade_header,
    "extension unasked": _extension_unasked,
    "1011 with a reason": _once_open(close(1011, b"boom")),
    "1011 without": _once_open(close(1011)),
    "4401": _once_open(close(4401, b"token expired")),
    "close without a code": _once_open(b"\x88\x00"),
    "close of one byte": _once_open(b"\x88\x01\x03"),
    "close with a code that is none": _once_open(close(1005)),
    "reason that is no UTF-8": _once_open(close(1000, b"\xff\xfe")),
    "fin": _once_open(b"", then="fin"),
    "reset": _once_open(b"", then="reset"),
    "fin amid a frame": _once_open(frame(TEXT, b"half of it")[:5], then="fin"),
    "masked": _once_open(b"\x81\x85\x00\x00\x00\x00hello"),
    "reserved bit": _once_open(b"\xc1\x05hello"),
    "no UTF-8": _once_open(frame(TEXT, b"\xff\xff")),
    "unknown opcode": _once_open(b"\x83\x00"),
    "long control": _once_open(b"\x89\x7e\x00\x80" + bytes(128)),
    "continuation of nothing": _once_open(frame(CONT, b"x")),
    "http in the stream": _once_open(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", then="fin"),
    "binary": _once_open(frame(BINARY, b"x")),
    "another answer": _once_open(frame(TEXT, b"something else")),
    "glued close": _glued,
    "deaf": _deaf,
    "in pieces": _in_pieces,
    "finishes": _finishes,
}
