"""The frame layer of websockets, watched: each frame both ways, and each that is none."""

from __future__ import annotations

import codecs
from typing import Any

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidUpgrade,
    NegotiationError,
)
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame
from websockets.frames import Opcode as WireOpcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from hangup.event import (
    FrameReceived,
    FrameRejected,
    FrameSent,
    Opcode,
    PongWithheld,
    ResponseReceived,
    Upgraded,
    UpgradeInvalid,
)
from hangup.probe.recorder import KEPT_BYTES, Recorder

MOST_MESSAGE = 16 * 1024 * 1024
KEPT_HEAD = 256
NAMES: dict[WireOpcode, Opcode] = {
    WireOpcode.CONT: "cont",
    WireOpcode.TEXT: "text",
    WireOpcode.BINARY: "binary",
    WireOpcode.CLOSE: "close",
    WireOpcode.PING: "ping",
    WireOpcode.PONG: "pong",
}
# What websockets says of an illegal frame, and our name for it.
REJECTIONS = (
    ("reserved bits", "frame.reserved-bits"),
    ("invalid opcode", "frame.opcode"),
    ("incorrect masking", "frame.masked"),
    ("control frame", "frame.control"),
    ("continuation frame", "frame.fragmentation"),
    ("incomplete fragmented", "frame.fragmentation"),
    ("close code", "frame.close-payload"),
    ("close frame", "frame.close-payload"),
    ("decompression", "frame.compression"),
)
BY_CODE = {1007: "frame.utf8", 1009: "frame.too-big"}


class _Tap(Extension):
    """Stands last in the list of extensions, so it sees each frame as it was on the wire."""

    name = "tap"  # type: ignore[assignment]

    def __init__(self) -> None:
        self.compressed, self.size = False, 0

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        self.compressed, self.size = frame.rsv1, len(frame.data)
        return frame

    def encode(self, frame: Frame) -> Frame:
        return frame


class WatchedProtocol(ClientProtocol):
    """A client's protocol state that records what it sees and can hold back pongs."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        key: str,
        subprotocols: tuple[str, ...],
        compression: bool,
        answer_pings: bool,
    ) -> None:
        factories = [ClientPerMessageDeflateFactory()] if compression else None
        super().__init__(
            parse_uri("ws://endpoint/"),
            state=OPEN,
            extensions=factories,
            subprotocols=list(subprotocols) or None,  # type: ignore[arg-type]
            max_size=MOST_MESSAGE,
        )
        self.key = key
        self.receiving = False
        self.ended_by_peer = False
        self._recorder, self._answer_pings = recorder, answer_pings
        self._tap = _Tap()
        self._utf8: codecs.IncrementalDecoder | None = None
        self._since_frame = bytearray()
        self._unparsed = 0
        self.after_close = 0

    def accept(self, response: ResponseReceived, glued: int) -> bool:
        """Judge a 101 by RFC 6455, 4.1; record the result."""
        try:
            self.process_response(
                Response(response.status, response.reason, Headers(response.headers))
            )
        except InvalidHandshake as exc:
            failure = _handshake_failure(exc)
            self._recorder.add(
                UpgradeInvalid(at=self._recorder.now, failure=failure, text=str(exc))
            )
            return False
        names = tuple(str(extension.name) for extension in self.extensions)
        self._recorder.add(
            Upgraded(
                at=self._recorder.now,
                subprotocol=self.subprotocol,
                extensions=names,
                glued=glued,
            )
        )
        self.extensions.append(self._tap)
        return True

    def receive(self, data: bytes) -> None:
        """Feed bytes; frames are recorded on the way, answers wait in `data_to_send`."""
        if self.ended_by_peer or self.parser_exc:
            self.after_close += len(data)
        else:
            self._unparsed += len(data)
            self._since_frame += data[: max(0, KEPT_HEAD - len(self._since_frame))]
        self.receiving = True
        try:
            self.receive_data(data)
        finally:
            self.receiving = False

    @property
    def pending(self) -> bytes:
        """The first bytes of a frame that has not come whole."""
        return bytes(self._since_frame)

    @property
    def pending_size(self) -> int:
        """How many bytes of a frame that has not come whole are here."""
        return self._unparsed

    def recv_frame(self, frame: Frame) -> None:
        """Record one whole frame before the protocol acts on it."""
        code, reason, valid = _close_of(frame)
        self._recorder.add(
            FrameReceived(
                at=self._recorder.now,
                opcode=NAMES[frame.opcode],
                size=len(frame.data),
                wire_size=self._tap.size,
                data=b"" if code is not None else bytes(frame.data[:KEPT_BYTES]),
                fin=frame.fin,
                compressed=self._tap.compressed,
                code=code,
                reason=reason,
                reason_valid=valid,
            )
        )
        self._begin_next()
        self._check_utf8(frame)
        if frame.opcode is WireOpcode.CLOSE:
            self.ended_by_peer = True
        super().recv_frame(frame)

    def send_frame(self, frame: Frame) -> None:
        """Record one frame that we send, or that a ping went unanswered on purpose."""
        if frame.opcode is WireOpcode.PONG and not self._answer_pings:
            self._recorder.add(PongWithheld(at=self._recorder.now, size=len(frame.data)))
            return
        code, reason, _ = _close_of(frame)
        self._recorder.add(
            FrameSent(
                at=self._recorder.now,
                opcode=NAMES[frame.opcode],
                size=len(frame.data),
                data=b"" if code is not None else bytes(frame.data[:KEPT_BYTES]),
                fin=frame.fin,
                code=code,
                reason=reason,
                automatic=self.receiving,
            )
        )
        super().send_frame(frame)

    def fail(self, code: Any, reason: str = "") -> None:
        """Record why our library gives up, before the close frame that says so."""
        if int(code) != 1006:
            head = self.pending
            self._recorder.add(
                FrameRejected(
                    at=self._recorder.now,
                    failure=_rejection(int(code), reason, head),
                    text=reason,
                    head=head,
                    size=self._unparsed,
                )
            )
        super().fail(code, reason)

    def _begin_next(self) -> None:
        """Forget the bytes of a whole frame: the reader holds exactly those of the next one."""
        self._unparsed = len(self.reader.buffer)
        self._since_frame[:] = self.reader.buffer[:KEPT_HEAD]

    def _check_utf8(self, frame: Frame) -> None:
        """Refuse text that is not UTF-8, as RFC 6455, 8.1 asks; the caller answers with 1007."""
        if frame.opcode is WireOpcode.TEXT:
            self._utf8 = codecs.getincrementaldecoder("utf-8")()
        if frame.opcode in (WireOpcode.TEXT, WireOpcode.CONT) and self._utf8:
            self._utf8.decode(bytes(frame.data), frame.fin)
        if frame.opcode is WireOpcode.BINARY:
            self._utf8 = None


def _close_of(frame: Frame) -> tuple[int | None, str, bool]:
    if frame.opcode is not WireOpcode.CLOSE or len(frame.data) < 2:
        return None, "", True
    raw = bytes(frame.data[2:])
    try:
        return int.from_bytes(frame.data[:2], "big"), raw.decode(), True
    except UnicodeDecodeError:
        return int.from_bytes(frame.data[:2], "big"), raw.decode("utf-8", "replace"), False


def _rejection(code: int, reason: str, head: bytes) -> str:
    if head.startswith(b"HTTP/"):
        return "frame.http-in-stream"
    if code in BY_CODE:
        return BY_CODE[code]
    return next((name for text, name in REJECTIONS if text in reason), "frame.other")


def _handshake_failure(exc: InvalidHandshake) -> str:
    if isinstance(exc, NegotiationError):
        return f"upgrade.{'subprotocol' if 'subprotocol' in str(exc) else 'extension'}-unoffered"
    if isinstance(exc, InvalidUpgrade):
        return f"upgrade.{'upgrade' if exc.name == 'Upgrade' else 'connection'}-header"
    if isinstance(exc, InvalidHeader) and exc.name == "Sec-WebSocket-Accept":
        return "upgrade.bad-accept"
    return "upgrade.header"
