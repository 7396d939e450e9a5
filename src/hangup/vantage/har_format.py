"""The parts of a HAR 1.2 file that say something of WebSockets, as browsers write them."""

from __future__ import annotations

from msgspec import Struct, field


class Pair(Struct):
    """A header."""

    name: str
    value: str = ""


class Request(Struct):
    """The opening request."""

    url: str
    method: str = "GET"
    headers: tuple[Pair, ...] = ()


class Content(Struct):
    """The body of a response that was no upgrade."""

    text: str | None = None
    encoding: str | None = None


class Response(
    Struct, rename={"reason": "statusText", "version": "httpVersion", "error": "_error"}
):
    """The answer; status 0 means that none came, then Chrome's `error` may say why."""

    status: int = 0
    reason: str | None = None
    version: str | None = None
    headers: tuple[Pair, ...] = ()
    content: Content = field(default_factory=Content)
    error: str | None = None


class Timings(Struct):
    """Milliseconds; absent and -1 both mean that a step did not happen or was not seen."""

    blocked: float | None = None
    dns: float | None = None
    connect: float | None = None
    send: float | None = None
    wait: float | None = None


class Message(Struct):
    """One frame: Chrome's `type` is send, receive or error; `time` is in seconds since 1970."""

    type: str
    time: float
    opcode: int = 1
    data: str = ""


class Entry(
    Struct,
    rename={
        "started": "startedDateTime",
        "address": "serverIPAddress",
        "kind": "_resourceType",
        "messages": "_webSocketMessages",
    },
):
    """One request and what became of it."""

    started: str
    request: Request
    response: Response = field(default_factory=Response)
    timings: Timings = field(default_factory=Timings)
    address: str | None = None
    kind: str | None = None
    messages: tuple[Message, ...] | None = None

    @property
    def is_websocket(self) -> bool:
        """Whether the browser opened, or tried to open, a WebSocket."""
        by_url = self.request.url.lower().startswith(("ws://", "wss://"))
        return by_url or self.kind == "websocket" or bool(self.messages)


class Log(Struct):
    """All requests of one export."""

    entries: tuple[Entry, ...]


class Har(Struct):
    """The whole file."""

    log: Log
