"""What is kept of one connection is bounded, and what is let go is counted."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from hangup.event import EventsDropped, Expecting, FrameSent, Matched
from hangup.probe import inbox
from hangup.probe.inbox import Inbox
from hangup.probe.recorder import MOST_FRAMES, Recorder
from hangup.redact import Redactor


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(Redactor(()), clock=lambda: 0.0)


def test_more_messages_than_are_kept_push_out_the_oldest() -> None:
    box = Inbox()
    for number in range(inbox.MOST_QUEUED + 2):
        box.take(Frame(Opcode.TEXT, b"%d" % number))
    assert box.pop() == "2"
    assert box.lost == 2


def test_a_message_came_when_it_was_whole_and_not_when_it_was_looked_at() -> None:
    times = iter((1.0, 2.5))
    box = Inbox(lambda: next(times))
    for letter in (b"a", b"b"):
        box.take(Frame(Opcode.TEXT, letter))
    assert (box.pop(), box.came_at) == ("a", 1.0)
    assert (box.pop(), box.came_at) == ("b", 2.5)


def test_more_bytes_than_are_kept_push_out_the_oldest() -> None:
    box = Inbox()
    for letter in (b"a", b"b", b"c"):
        box.take(Frame(Opcode.BINARY, letter * (inbox.MOST_QUEUED_BYTES // 2)))
    assert box.pop()[:1] == b"b"
    assert box.pop()[:1] == b"c"
    assert box.pop() is None


def test_one_message_is_kept_however_big_it_is() -> None:
    box = Inbox()
    box.take(Frame(Opcode.BINARY, b"x" * (inbox.MOST_QUEUED_BYTES + 1)))
    assert len(box.pop()) == inbox.MOST_QUEUED_BYTES + 1


def test_a_control_frame_between_fragments_does_not_break_the_message() -> None:
    box = Inbox()
    box.take(Frame(Opcode.TEXT, b"caf\xc3", fin=False))
    box.take(Frame(Opcode.PONG, b"pong"))
    box.take(Frame(Opcode.CONT, b"\xa9"))
    assert box.pop() == "caf\xe9"
    assert list(box.pongs) == [b"pong"]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (FrameSent(at=0.0, opcode="text", size=0), "sent text"),
        (Expecting(at=0.0, what="it", deadline=1.0), "expectation"),
        (Matched(at=0.0, what="it"), "match"),
    ],
)
def test_events_beyond_the_bound_of_their_kind_are_counted(recorder, event, kind: str) -> None:
    for _ in range(MOST_FRAMES + 3):
        recorder.add(event)
    trace = recorder.trace(id="t1", experiment="test", variant="", url="ws://h/")
    assert len(trace.all(type(event))) == MOST_FRAMES
    assert [(e.kind, e.count) for e in trace.all(EventsDropped)] == [(kind, 3)]


def test_a_close_frame_is_kept_however_many_frames_there_were(recorder) -> None:
    for _ in range(MOST_FRAMES + 1):
        recorder.add(FrameSent(at=0.0, opcode="ping", size=0))
    recorder.add(FrameSent(at=0.0, opcode="close", size=2, code=1000))
    trace = recorder.trace(id="t1", experiment="test", variant="", url="ws://h/")
    assert trace.last(FrameSent).code == 1000
