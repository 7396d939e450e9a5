"""The frame layer of websockets, watched: each frame both ways, and each that is none."""

from __future__ import annotations

import codecs
from typing import Any

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake
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
from hangup.probe.raw import RawBytes
from hangup.probe.recorder import KEPT_BYTES, Recorder
from hangup.probe.refusal import HTTP, HTTP_IN_STREAM, frame_failure, handshake_failure
from hangup.probe.tally import Tally

MOST_MESSAGE = 16 * 1024 * 1024
NAMES: dict[WireOpcode, Opcode] = {
    WireOpcode.CONT: "cont",
    WireOpcode.TEXT: "text",
    WireOpcode.BINARY: "binary",
    WireOpcode.CLOSE: "close",
    WireOpcode.PING: "ping",
    WireOpcode.PONG: "pong",
}
_DATA = (WireOpcode.CONT, WireOpcode.TEXT, WireOpcode.BINARY)


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
        self.tally: Tally | None = None
        self._recorder, self._answer_pings = recorder, answer_pings
        self._tap = _Tap()
        self._utf8: codecs.IncrementalDecoder | None = None
        self._frame, self._following = RawBytes(recorder), RawBytes(recorder)
        self._after_close = RawBytes(recorder)
        self._before = b""

    def accept(self, response: ResponseReceived, glued: int) -> bool:
        """Judge a 101 by RFC 6455, 4.1; record the result."""
        try:
            self.process_response(
                Response(response.status, response.reason, Headers(response.headers))
            )
        except InvalidHandshake as exc:
            failure = handshake_failure(exc)
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
        if self.ended_by_peer:
            self._after_close.add(data)
        elif not self.parser_exc:
            self._frame.add(data)
        self.receiving = True
        try:
            self.receive_data(data)
        finally:
            self.receiving = False

    @property
    def pending(self) -> bytes:
        """The first bytes of a frame that has not come whole."""
        return b"" if self.parser_exc else self._shown(self._frame)

    @property
    def pending_size(self) -> int:
        """How many bytes of a frame that has not come whole are here."""
        return 0 if self.parser_exc else self._frame.size

    @property
    def after_close(self) -> bytes:
        """The first bytes that came after the peer's close frame."""
        return self._shown(self._after_close)

    @property
    def after_close_size(self) -> int:
        """How many bytes came after the peer's close frame."""
        return self._after_close.size

    def recv_frame(self, frame: Frame) -> None:
        """Record one whole frame before the protocol acts on it."""
        code, reason, valid = _close_of(frame)
        self._recorder.add(
            FrameReceived(
                at=self._recorder.now,
                opcode=NAMES[frame.opcode],
                size=len(frame.data),
                wire_size=self._tap.size,
                data=self._kept(frame, code),
                fin=frame.fin,
                compressed=self._tap.compressed,
                code=code,
                reason=reason,
                reason_valid=valid,
            )
        )
        # The reader holds what follows this frame, and a close frame makes it forget that.
        self._following.clear()
        self._following.add(self.reader.buffer)
        self._check_utf8(frame)
        if self.tally and frame.opcode in _DATA:
            follows = frame.opcode is WireOpcode.CONT
            self.tally.take(bytes(frame.data), self._tap.size, follows=follows, fin=frame.fin)
        if frame.opcode is WireOpcode.CLOSE:
            self.ended_by_peer = True
            self._forget_fragments()
        super().recv_frame(frame)
        if frame.opcode in _DATA:
            self._remember(frame)
        if self.ended_by_peer:
            self._frame.clear()
            self._after_close.take(self._following)
        else:
            self._frame.take(self._following)

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
                data=b"" if code is not None else self._recorder.head(frame.data, KEPT_BYTES),
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
            self._reject(frame_failure(int(code), reason, self._frame.first), reason)
        super().fail(code, reason)

    def end(self) -> None:
        """Name what is pending when nothing more will come: too little of an HTTP response."""
        if self.tally:
            self.tally.end()
        if not self.parser_exc and self._frame.first.startswith(HTTP):
            self._reject(HTTP_IN_STREAM, "an HTTP response, too short to be taken for a frame")
            self._frame.clear()

    def _reject(self, failure: str, text: str) -> None:
        head, size = self._shown(self._frame), self._frame.size
        self._recorder.add(
            FrameRejected(at=self._recorder.now, failure=failure, text=text, head=head, size=size)
        )

    def _kept(self, frame: Frame, code: int | None) -> bytes:
        if frame.opcode not in _DATA:
            return b"" if code is not None else self._recorder.head(frame.data, KEPT_BYTES)
        before = self._before if frame.opcode is WireOpcode.CONT else b""
        return self._recorder.head(frame.data, KEPT_BYTES, before=before, cut=not frame.fin)

    def _remember(self, frame: Frame) -> None:
        """Keep the end of a fragment: a secret may go on in the next one."""
        longest = self._recorder.longest_secret
        if frame.fin or not longest:
            self._before = b""
        else:
            before = self._before if frame.opcode is WireOpcode.CONT else b""
            self._before = (before + frame.data[-longest:])[-longest:]

    def _shown(self, raw: RawBytes) -> bytes:
        # The tap is one of the extensions, so a second one is compression.
        return raw.shown(before=self._before, compression=len(self.extensions) > 1)

    def _forget_fragments(self) -> None:
        """Let a close frame stand between fragments, as RFC 6455, 5.4 does and websockets not.

        What a server says when it stops in the middle of a message is worth hearing.
        """
        # Before version 16 the attribute has its short name.
        for name in ("current_size", "cur_size"):
            if hasattr(self, name):
                setattr(self, name, None)

    def _check_utf8(self, frame: Frame) -> None:
        """Refuse text that is not UTF-8, as RFC 6455, 8.1 asks; the caller answers with 1007."""
        if frame.opcode is WireOpcode.TEXT:
            self._utf8 = codecs.getincrementaldecoder("utf-8")()
        if frame.opcode in (WireOpcode.TEXT, WireOpcode.CONT) and self._utf8:
            self._utf8.decode(bytes(frame.data), frame.fin)
        if frame.opcode is WireOpcode.BINARY or (frame.opcode in _DATA and frame.fin):
            self._utf8 = None


def _close_of(frame: Frame) -> tuple[int | None, str, bool]:
    if frame.opcode is not WireOpcode.CLOSE or len(frame.data) < 2:
        return None, "", True
    raw = bytes(frame.data[2:])
    try:
        return int.from_bytes(frame.data[:2], "big"), raw.decode(), True
    except UnicodeDecodeError:
        return int.from_bytes(frame.data[:2], "big"), raw.decode("utf-8", "replace"), False
