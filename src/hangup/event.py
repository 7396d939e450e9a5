"""What happened on one connection, as immutable events with a time.

The names follow RFC 6455 and RFC 9293. Every vantage (client probe, server recorder, proxy, log, a
page in a browser) writes these same events, so that joining them is a sort.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hangup.certificate import Certificate

Vantage = Literal["client", "server", "proxy", "log", "page"]
Told = Literal["open", "message", "error", "close", "exception", "console"]
Opcode = Literal["cont", "text", "binary", "close", "ping", "pong"]
Header = tuple[str, str]
HANGUP_ID = "X-Hangup-Id"
"""The header by which every vantage can tell which connection of the probe it saw."""
BUDGET_ENDED = "the experiment to end"
"""What is waited for no more when the budget ends a connection that is still in use."""


class Occurrence(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """Base of all events: `at` is seconds since the trace began, `vantage` who saw it."""

    at: float
    vantage: Vantage = "client"


class Resolved(Occurrence, frozen=True, kw_only=True, tag="resolved"):
    """The name gave addresses; `source` is literal, override or system."""

    host: str
    addresses: tuple[str, ...]
    source: Literal["literal", "override", "system"]
    took: float


class ResolveFailed(Occurrence, frozen=True, kw_only=True, tag="resolve-failed"):
    """The name gave no address; `failure` comes from the closed list in `hangup.failure`."""

    host: str
    failure: str
    text: str
    took: float


class Connecting(Occurrence, frozen=True, kw_only=True, tag="connecting"):
    """A SYN was sent to one address."""

    address: str
    port: int


class Connected(Occurrence, frozen=True, kw_only=True, tag="connected"):
    """The three-way handshake ended; `took` is its duration in seconds."""

    address: str
    port: int
    local: str
    took: float


class ConnectFailed(Occurrence, frozen=True, kw_only=True, tag="connect-failed"):
    """One address did not accept a connection."""

    address: str
    port: int
    failure: str
    text: str
    took: float


class TlsEstablished(Occurrence, frozen=True, kw_only=True, tag="tls-established"):
    """The TLS handshake ended; `chain` is in the order the peer sent, leaf first."""

    version: str
    cipher: str
    alpn: str | None
    offered_alpn: tuple[str, ...]
    verified: bool
    chain: tuple[Certificate, ...]
    took: float


class TlsFailed(Occurrence, frozen=True, kw_only=True, tag="tls-failed"):
    """The TLS handshake broke; `peer_bytes` are the first bytes that came instead."""

    failure: str
    text: str
    offered_alpn: tuple[str, ...] = ()
    peer_bytes: bytes = b""
    took: float


class RequestSent(Occurrence, frozen=True, kw_only=True, tag="request-sent"):
    """The opening request (or a plain GET), exactly as written, credentials redacted."""

    method: str
    target: str
    headers: tuple[Header, ...]
    upgrade: bool

    def header(self, name: str) -> str:
        """Give the first value of a header, nothing when it is absent; names ignore case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class CredentialUsed(Occurrence, frozen=True, kw_only=True, tag="credential-used"):
    """A credential travelled: where, and the claims of a JWT that are no secret (RFC 7519, 4.1).

    Times are seconds since the epoch; `kind` says whether the token is a JWT.
    """

    place: str
    kind: Literal["jwt", "opaque"]
    algorithm: str | None = None
    expires: float | None = None
    not_before: float | None = None


class ResponseReceived(Occurrence, frozen=True, kw_only=True, tag="response-received"):
    """An HTTP response; `body` holds its first bytes, `body_size` what came of it in all."""

    status: int
    reason: str
    http_version: str
    headers: tuple[Header, ...]
    body: bytes = b""
    body_size: int = 0
    body_complete: bool = True
    took: float

    def header(self, name: str) -> str | None:
        """Give the first value of a header, None when it is absent; names ignore case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class ResponseMalformed(Occurrence, frozen=True, kw_only=True, tag="response-malformed"):
    """Bytes came in place of an HTTP response, or a response that broke off."""

    failure: str
    text: str
    head: bytes
    size: int


class Upgraded(Occurrence, frozen=True, kw_only=True, tag="upgraded"):
    """The opening handshake is done and valid (RFC 6455, 4.1); `glued` bytes came with the 101."""

    subprotocol: str | None
    extensions: tuple[str, ...]
    glued: int


class UpgradeInvalid(Occurrence, frozen=True, kw_only=True, tag="upgrade-invalid"):
    """A 101 came that a client must refuse, and why."""

    failure: str
    text: str


class FrameSent(Occurrence, frozen=True, kw_only=True, tag="frame-sent"):
    """One frame was handed to the socket; `size` and `data` are of the payload before masking."""

    opcode: Opcode
    size: int
    data: bytes = b""
    fin: bool = True
    code: int | None = None
    reason: str = ""
    automatic: bool = False


class FrameReceived(Occurrence, frozen=True, kw_only=True, tag="frame-received"):
    """One whole frame came; `data` holds its first bytes, `wire_size` its payload on the wire."""

    opcode: Opcode
    size: int
    wire_size: int
    data: bytes = b""
    fin: bool = True
    compressed: bool = False
    code: int | None = None
    reason: str = ""
    reason_valid: bool = True


class FrameRejected(Occurrence, frozen=True, kw_only=True, tag="frame-rejected"):
    """Bytes came that are no legal frame; `head` holds them from the frame's first byte on."""

    failure: str
    text: str
    head: bytes
    size: int


class PongWithheld(Occurrence, frozen=True, kw_only=True, tag="pong-withheld"):
    """A ping came and the experiment asked for it not to be answered."""

    size: int


class ReadingPaused(Occurrence, frozen=True, kw_only=True, tag="reading-paused"):
    """We read nothing from here on, on purpose; the kernel keeps up to `buffer` bytes for us."""

    buffer: int


class ReadingResumed(Occurrence, frozen=True, kw_only=True, tag="reading-resumed"):
    """We read again after `paused` seconds; `unread` bytes lay in our buffer, None: unknown."""

    paused: float
    unread: int | None = None


class MessagesCounted(Occurrence, frozen=True, kw_only=True, tag="messages-counted"):
    """So many whole messages came from `since` to `until`; `size` is their payload on the wire.

    One stands for each stretch of time in which messages came, where all of them are counted.
    """

    since: float
    until: float
    messages: int
    size: int


class NumbersCounted(Occurrence, frozen=True, kw_only=True, tag="numbers-counted"):
    """How the numbers of all messages ran on, where each channel that `by` names has its own.

    With an empty `by` all count together. `missing` numbers never came, the first of them between
    `before` and `behind`; `disordered` ones came late or again.
    """

    by: str = ""
    numbers: int
    last: int
    missing: int = 0
    disordered: int = 0
    before: int | None = None
    behind: int | None = None


class Expecting(Occurrence, frozen=True, kw_only=True, tag="expecting"):
    """The conversation waits for something, until `deadline` seconds of this trace."""

    what: str
    deadline: float


class Matched(Occurrence, frozen=True, kw_only=True, tag="matched"):
    """What the conversation waited for came."""

    what: str


class StreamEnded(Occurrence, frozen=True, kw_only=True, tag="stream-ended"):
    """The peer ended its side: FIN, over TLS with or without a close_notify alert."""

    close_notify: bool | None = None
    pending: int = 0


class StreamReset(Occurrence, frozen=True, kw_only=True, tag="stream-reset"):
    """The connection broke with an error of the operating system or of TLS."""

    failure: str
    text: str
    while_sending: bool = False
    pending: int = 0


class BytesAfterClose(Occurrence, frozen=True, kw_only=True, tag="bytes-after-close"):
    """The peer went on sending after its close frame."""

    size: int
    head: bytes


class DeadlineExpired(Occurrence, frozen=True, kw_only=True, tag="deadline-expired"):
    """We stopped waiting; `waiting_for` names the step, `since` when it began."""

    waiting_for: str
    since: float
    pending: int = 0
    pending_head: bytes = b""


class LocalClose(Occurrence, frozen=True, kw_only=True, tag="local-close"):
    """We gave up the socket: in order after the closing handshake, or by abort."""

    why: str
    abort: bool = False


class TcpInfo(Occurrence, frozen=True, kw_only=True, tag="tcp-info"):
    """The kernel's view of the connection (Linux TCP_INFO), read just before it was given up.

    A capture of packets tells the same as far as packets show it.
    """

    state: str
    rtt_ms: float
    retransmits: int
    total_retransmits: int
    unacked: int
    lost: int
    bytes_acked: int | None = None
    bytes_received: int | None = None


class PageLoaded(Occurrence, frozen=True, kw_only=True, tag="page-loaded"):
    """A browser has loaded the page that opens the WebSocket; `agent` is its name and version.

    `unsendable` are the headers of an honest client that no script of a page can send.
    """

    agent: str
    origin: str
    secure_context: bool
    unsendable: tuple[str, ...] = ()


class PageTold(Occurrence, frozen=True, kw_only=True, tag="page-told"):
    """A browser told the script of a page something, or wrote it to the page's console.

    `code`, `reason` and `clean` are those of a CloseEvent (WHATWG WebSockets, 3.1); `text` is what
    an exception or the console says, and the subprotocol of an open WebSocket.
    """

    what: Told
    size: int = 0
    data: bytes = b""
    code: int | None = None
    reason: str = ""
    clean: bool | None = None
    text: str = ""


class CookieWithheld(Occurrence, frozen=True, kw_only=True, tag="cookie-withheld"):
    """A browser had a cookie for this host and did not send it; `why` is in its own words."""

    name: str
    why: str


class EventsDropped(Occurrence, frozen=True, kw_only=True, tag="events-dropped"):
    """The trace was full: that many events of one kind were counted and not kept."""

    kind: str
    count: int


class ExperimentCrashed(Occurrence, frozen=True, kw_only=True, tag="experiment-crashed"):
    """A bug of ours ended the experiment here, so its trace is kept and proves nothing."""

    text: str


Event = (
    Resolved
    | ResolveFailed
    | Connecting
    | Connected
    | ConnectFailed
    | TlsEstablished
    | TlsFailed
    | RequestSent
    | CredentialUsed
    | ResponseReceived
    | ResponseMalformed
    | Upgraded
    | UpgradeInvalid
    | FrameSent
    | FrameReceived
    | FrameRejected
    | PongWithheld
    | ReadingPaused
    | ReadingResumed
    | MessagesCounted
    | NumbersCounted
    | Expecting
    | Matched
    | StreamEnded
    | StreamReset
    | BytesAfterClose
    | DeadlineExpired
    | LocalClose
    | TcpInfo
    | PageLoaded
    | PageTold
    | CookieWithheld
    | EventsDropped
    | ExperimentCrashed
)
