"""An open WebSocket, overheard: the frames of both sides, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from hangup.event import (
    BytesAfterClose,
    DeadlineExpired,
    EventsDropped,
    FrameRejected,
    LocalClose,
    StreamEnded,
    StreamReset,
)
from hangup.framing import Opcode
from hangup.probe.recorder import KEPT_BYTES
from hangup.vantage.pcap.frames import Frame, FrameReader, Illegal
from hangup.vantage.pcap.heard import Heard
from hangup.vantage.pcap.inflate import Inflater
from hangup.vantage.pcap.story import Story

MOST_BESIDE = 1 << 16
"""Bytes kept beyond those, so that no secret is cut in two."""
MUTE_AFTER = 1.0
"""Seconds without the answer that any live peer gives, from which it counts as missing."""
LEFT = {False: "the client ended TCP", True: "the client reset TCP"}


class Talk:
    """Tells a story of overheard frames; with an `inflater` their messages may be compressed."""

    def __init__(self, story: Story, inflater: Callable[[], Inflater] | None) -> None:
        self._story = story
        most = KEPT_BYTES + min(story.redactor.longest, MOST_BESIDE)

        def reader(masked: bool) -> FrameReader:
            inflates = inflater() if inflater else None
            return FrameReader(masked=masked, inflater=inflates, most=most, check_text=not masked)

        self._sent, self._came = reader(True), reader(False)
        self._behind, self._behind_head = 0, b""
        self._unread = 0
        self._asked: dict[str, float] = {}
        self._pinged = False
        self._over = False
        self.close_notify: bool | None = None

    def take(self, client: bool, ns: int, data: bytes) -> None:
        """Take what one side sent."""
        if client:
            self._take_sent(ns, data)
        else:
            self._take_came(ns, data)

    def end(self, client: bool, ns: int, *, reset: bool = False, why: str = "") -> None:
        """Tell that one side ended TCP, or broke TLS off with `why`: a failure and words."""
        if self._over:
            return
        at = self._story.at(ns)
        self._tell_rest(ns)
        if client:
            self._over = True
            self._tell_mute(at)
            told = why.partition(" ")[2] or LEFT[reset]
            self._story.add(LocalClose(at=at, why=told, abort=reset))
        elif reset or why:
            self._over = True
            failure, _, text = why.partition(" ")
            self._story.add(
                StreamReset(
                    at=at,
                    failure=failure or "tcp.reset",
                    text=text or "the server reset TCP",
                    pending=self._came.pending,
                )
            )
        else:
            self._over = True
            pending, notify = self._came.pending, self.close_notify
            self._story.add(StreamEnded(at=at, close_notify=notify, pending=pending))

    def finish(self, ns: int) -> None:
        """Tell what the capture's end leaves open."""
        if not self._over:
            self._tell_rest(ns)
            self._tell_mute(self._story.at(ns))

    def _take_sent(self, ns: int, data: bytes) -> None:
        if self._sent.over:
            return
        for found in self._sent.take(ns, data):
            if isinstance(found, Illegal):
                kind = "byte of the client from an illegal frame on"
                at = self._story.at(ns)
                self._story.add(EventsDropped(at=at, kind=kind, count=len(data)))
            else:
                self._tell_sent(found)

    def _take_came(self, ns: int, data: bytes) -> None:
        if self._came.over:
            self._follow(data)
            return
        for found in self._came.take(ns, data):
            if isinstance(found, Illegal):
                self._reject(found)
            else:
                self._tell_came(found)
        if self._came.behind:
            self._follow(self._came.behind)

    def _tell_sent(self, frame: Frame) -> None:
        at = self._story.at(frame.ns)
        self._story.hear(Heard(True, at, frame, self._answers(frame.opcode)))
        if frame.opcode is Opcode.PONG:
            self._pinged = False
        elif frame.opcode is Opcode.PING:
            self._asked.setdefault("a pong", at)
        elif frame.opcode is Opcode.CLOSE and not self._came.over:
            self._asked = {"the answer to our close frame": at}

    def _answers(self, opcode: Opcode) -> bool:
        """Whether a frame of the client is what any library sends by itself (RFC 6455, 5.5)."""
        if opcode is Opcode.CLOSE:
            return self._came.over
        return opcode is Opcode.PONG and self._pinged

    def _tell_came(self, frame: Frame) -> None:
        self._story.hear(Heard(False, self._story.at(frame.ns), frame))
        if frame.opcode is Opcode.PING:
            self._pinged = True
        elif frame.opcode is Opcode.PONG:
            self._asked.pop("a pong", None)
        elif frame.opcode is Opcode.CLOSE:
            self._asked = {}

    def _follow(self, data: bytes) -> None:
        self._behind += len(data)
        self._behind_head += data[: max(0, KEPT_BYTES - len(self._behind_head))]

    def _reject(self, found: Illegal) -> None:
        head = self._story.redactor.head(found.head, len(found.head), cut=True)
        self._story.add(
            FrameRejected(
                at=self._story.at(found.ns),
                failure=found.failure,
                text=found.text,
                head=head,
                size=len(found.head),
            )
        )

    def _tell_rest(self, ns: int) -> None:
        found = self._came.rest(ns)
        if found:
            self._reject(found)
        if self._behind:
            head = self._story.redactor.head(self._behind_head, len(self._behind_head), cut=True)
            self._story.add(BytesAfterClose(at=self._story.at(ns), size=self._behind, head=head))
            self._behind = 0

    def _tell_mute(self, at: float) -> None:
        """Tell what any live peer answers and this one did not, while its client was there."""
        for what, since in self._asked.items():
            if at - since >= MUTE_AFTER:
                self._story.add(DeadlineExpired(at=at, waiting_for=what, since=since))
