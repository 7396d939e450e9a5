"""A plain HTTP/1.1 proxy: forwards requests and, as RFC 9110 (7.6.1) asks, no hop-by-hop header.

Since `Upgrade` is one of these and this proxy does not speak WebSocket, it turns every opening
handshake into an ordinary GET, as any proxy does whose upgrade forwarding is not configured.
Run as `python -m hangup.lab.plain_proxy PORT UPSTREAM_PORT`.
"""

from __future__ import annotations

import asyncio
import sys

LOOPBACK = "127.0.0.1"
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
MORE_THAN_HEADS = b"HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def forwarded_head(head: bytes) -> bytes:
    """Give the request head that goes upstream: no hop-by-hop header, and one exchange only."""
    request_line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    fields = [(line.partition(b":")[0].strip().lower(), line) for line in lines]
    named = {
        token.strip().lower()
        for name, line in fields
        if name == b"connection"
        for token in line.partition(b":")[2].split(b",")
    }
    kept = [line for name, line in fields if name not in HOP_BY_HOP | named]
    return b"\r\n".join([request_line, *kept, b"via: 1.1 plain", b"connection: close", b"", b""])


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream_port: int
) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"\r\ntransfer-encoding:" in head.lower() or not head.startswith((b"GET ", b"HEAD ")):
            writer.write(MORE_THAN_HEADS)
        else:
            await _relay(forwarded_head(head), writer, upstream_port)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # the client went away or sent no request: there is nobody to tell
    finally:
        writer.close()


async def _relay(head: bytes, client: asyncio.StreamWriter, upstream_port: int) -> None:
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, upstream_port)
    except OSError:
        client.write(BAD_GATEWAY)
        return
    writer.write(head)
    while data := await reader.read(65_536):
        client.write(data)
        await client.drain()
    writer.close()


async def main(port: int, upstream_port: int) -> None:
    """Forward until we are ended."""
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, upstream_port), LOOPBACK, port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
