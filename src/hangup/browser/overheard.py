"""Frames that a browser and a server sent to each other, read from their bytes."""

from __future__ import annotations

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame
from websockets.frames import Opcode as WireOpcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from hangup.event import FrameSent
from hangup.in_band import without_credentials
from hangup.probe.frames import MOST_MESSAGE, NAMES, WatchedProtocol
from hangup.probe.recorder import KEPT_BYTES, Recorder


class Overheard(WatchedProtocol):
    """Reads what the server sent to somebody else, and answers nothing."""

    def send_frame(self, frame: Frame) -> None:
        """Send nothing: what the browser sent is known from its own bytes."""

    def hear(self, data: bytes) -> None:
        """Take in bytes that the server sent."""
        self.receive(data)
        self.events_received()
        self.data_to_send()


class Said:
    """Reads the frames that the browser sent; `close_at` is when it sent a close first."""

    def __init__(self, recorder: Recorder, by_page: bool, *, compressed: bool) -> None:
        self._recorder, self._by_page = recorder, by_page
        self._protocol = ServerProtocol(state=OPEN, max_size=MOST_MESSAGE)
        if compressed:
            self._protocol.extensions = [PerMessageDeflate(False, False, 15, 15)]
        self.close_at: float | None = None

    def take(self, data: bytes, *, answered: bool) -> None:
        """Take in bytes that it sent; `answered` says that the server had sent a close before."""
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame):
                self._record(frame, answered)
        self._protocol.data_to_send()

    def _record(self, frame: Frame, answered: bool) -> None:
        closes = frame.opcode is WireOpcode.CLOSE
        code, reason = _close_of(frame) if closes else (None, "")
        by_itself = answered or not self._by_page if closes else None
        if closes and not answered:
            self.close_at = self._recorder.now
        data = b"" if code is not None else without_credentials(bytes(frame.data))
        self._recorder.add(
            FrameSent(
                at=self._recorder.now,
                opcode=NAMES[frame.opcode],
                size=len(frame.data),
                data=self._recorder.head(data, KEPT_BYTES),
                fin=frame.fin,
                code=code,
                reason=reason,
                automatic=frame.opcode is WireOpcode.PONG if by_itself is None else by_itself,
            )
        )


def _close_of(frame: Frame) -> tuple[int | None, str]:
    data = bytes(frame.data)
    if len(data) < 2:
        return None, ""
    return int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")
