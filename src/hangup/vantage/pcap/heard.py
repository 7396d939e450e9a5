"""A frame that was overheard, and the event that it becomes once it is known to be kept."""

from __future__ import annotations

from typing import NamedTuple

from hangup.event import FrameReceived, FrameSent, Opcode
from hangup.framing import Opcode as WireOpcode
from hangup.probe.recorder import KEPT_BYTES
from hangup.redact import Redactor
from hangup.vantage.pcap.frames import Frame

NAMES: dict[WireOpcode, Opcode] = {
    WireOpcode.CONTINUATION: "cont",
    WireOpcode.TEXT: "text",
    WireOpcode.BINARY: "binary",
    WireOpcode.CLOSE: "close",
    WireOpcode.PING: "ping",
    WireOpcode.PONG: "pong",
}


class Heard(NamedTuple):
    """One frame of a side, its time in the trace, and whether a library sent it by itself."""

    client: bool
    at: float
    frame: Frame
    automatic: bool = False

    @property
    def size(self) -> int:
        """Bytes that are kept of it."""
        return len(self.frame.head) + len(self.frame.before)


def event_of(heard: Heard, redactor: Redactor) -> FrameSent | FrameReceived:
    """Give the event, without the secrets that are known."""
    frame = heard.frame
    code, reason, valid = _close_of(frame)
    if heard.client:
        return redactor.struct(
            FrameSent(
                at=heard.at,
                opcode=NAMES[frame.opcode],
                size=frame.size,
                data=_kept(frame, redactor),
                fin=frame.fin,
                code=code,
                reason=reason,
                automatic=heard.automatic,
            )
        )
    return redactor.struct(
        FrameReceived(
            at=heard.at,
            opcode=NAMES[frame.opcode],
            size=frame.size,
            wire_size=frame.wire_size,
            data=_kept(frame, redactor),
            fin=frame.fin,
            compressed=frame.compressed,
            code=code,
            reason=reason,
            reason_valid=valid,
        )
    )


def _kept(frame: Frame, redactor: Redactor) -> bytes:
    if frame.opcode is WireOpcode.CLOSE and len(frame.head) > 1:
        return b""
    cut = not frame.fin or frame.size > len(frame.head)
    return redactor.head(frame.head, KEPT_BYTES, before=frame.before, cut=cut)


def _close_of(frame: Frame) -> tuple[int | None, str, bool]:
    if frame.opcode is not WireOpcode.CLOSE or len(frame.head) < 2:
        return None, "", True
    code, raw = int.from_bytes(frame.head[:2], "big"), frame.head[2:]
    try:
        return code, raw.decode(), True
    except UnicodeDecodeError:
        return code, raw.decode("utf-8", "replace"), False
