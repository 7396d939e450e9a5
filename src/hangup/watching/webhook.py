"""A hook that is a URL: one POST over HTTP/1.1, within a deadline."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from urllib.parse import quote, unquote, urlsplit

import h11
from msgspec import Struct

from hangup import __version__
from hangup.address import bracketed
from hangup.errors import UsageError
from hangup.watching.hooks import HookFailedError, News

MOST_HEAD = 16 * 1024
AGAIN = (408, 425, 429)
"""Statuses below 500 after which another attempt may help (RFC 9110, 15.5; RFC 6585; RFC 8470)."""
PATH = "/:@!$&'()*+,;=-._~%?"
"""What is left as it is in a path with its query."""


class Webhook(Struct, frozen=True, kw_only=True):
    """Where to post; `target` and `authorization` may be secrets and are never shown."""

    secure: bool
    host: str
    port: int
    target: str
    authorization: str = ""
    within: float = 10.0

    def __repr__(self) -> str:
        return f"Webhook({self.name!r})"

    @property
    def authority(self) -> str:
        """The Host header: the default port of the scheme is left out."""
        host = bracketed(self.host)
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def name(self) -> str:
        """The origin alone: what follows it often is the whole credential."""
        return f"{'https' if self.secure else 'http'}://{self.authority}"

    async def tell(self, news: News) -> None:
        """Post the document; any status of 2xx is fine, and no redirect is followed.

        Raises:
            HookFailedError: no answer came in time, or another one.
        """
        try:
            async with asyncio.timeout(self.within):
                status = await self._post(news.body)
        except TimeoutError:
            raise HookFailedError(f"no answer within {self.within:g} s", again=True) from None
        except (OSError, EOFError, ValueError, h11.ProtocolError) as exc:
            raise HookFailedError(_why(exc), again=True) from None
        if not 200 <= status < 300:
            again = status in AGAIN or status >= 500
            raise HookFailedError(f"it answered {status}", again=again)

    async def _post(self, body: bytes) -> int:
        context = ssl.create_default_context() if self.secure else None
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
        try:
            protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
            request = h11.Request(method="POST", target=self.target, headers=self._headers(body))
            for event in (request, h11.Data(data=body), h11.EndOfMessage()):
                writer.write(protocol.send(event) or b"")
            # A server may answer and leave before it has read all.
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            return await _status(reader, protocol)
        finally:
            writer.transport.abort()

    def _headers(self, body: bytes) -> list[tuple[str, str]]:
        headers = [
            ("Host", self.authority),
            ("User-Agent", f"hangup/{__version__}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        if self.authorization:
            headers.append(("Authorization", self.authorization))
        return headers


async def _status(reader: asyncio.StreamReader, protocol: h11.Connection) -> int:
    while True:
        event = protocol.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            raw = await reader.read(MOST_HEAD)
            if not raw:
                raise EOFError("it closed the connection without an answer")
            protocol.receive_data(raw)


def parse_webhook(text: str, where: str, within: float) -> Webhook:
    """Read a URL to post to.

    Raises:
        UsageError: it is none; the text is not quoted, since it may be a credential.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{where}: it is no URL") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise UsageError(f"{where}: it must begin with http:// or https://")
    secure = parts.scheme.lower() == "https"
    if not host or port == 0 or any(char.isspace() or ord(char) < 32 for char in text):
        raise UsageError(f"{where}: it is no URL")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{where}: it is no URL") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        target = quote(target, safe=PATH)
        authorization = _basic(parts.username, parts.password)
    except UnicodeError:
        raise UsageError(f"{where}: it cannot be written as UTF-8") from None
    return Webhook(
        secure=secure,
        host=host,
        port=port or (443 if secure else 80),
        target=target,
        authorization=authorization,
        within=within,
    )


def webhook_secrets(hook: Webhook) -> tuple[str, ...]:
    """Give what must not be shown of it."""
    return tuple(part for part in (hook.target, hook.authorization) if len(part) > 1)


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _why(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError):
        return f"TLS failed: {getattr(exc, 'verify_message', '') or exc.reason or 'no reason'}"
    text = (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__
    return text[:1].lower() + text[1:200]
