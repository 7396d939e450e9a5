"""All messages are counted, in stretches of time, and so are their numbers."""

from __future__ import annotations

import asyncio

from hangup.event import MessagesCounted, NumbersCounted
from hangup.lab.wire import CONT, TEXT, frame
from hangup.probe.recorder import MOST_FRAMES, Recorder
from hangup.probe.tally import MOST_CHANNELS, Tally
from hangup.redact import Redactor
from hangup.trace import Trace

from .pair import open_session


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def tallied(*messages: bytes, every: float = 0.01, apart: float = 0.02) -> Trace:
    """Count messages that come so many seconds apart."""
    clock = Clock()
    recorder = Recorder(Redactor(()), clock=clock)
    tally = Tally(recorder, every)
    for each in messages:
        clock.now += apart
        tally.take(each, len(each), follows=False, fin=True)
    tally.end()
    tally.end()
    return recorder.trace(id="t1", experiment="e", variant="", url="ws://h/")


def numbered(*numbers: int, **fields: str) -> list[bytes]:
    more = "".join(f', "{name}": "{value}"' for name, value in fields.items())
    return [b'{"seq": %d%b}' % (number, more.encode()) for number in numbers]


def test_messages_close_together_are_one_stretch() -> None:
    counts = tallied(b"a", b"bc", b"d", every=0.05).all(MessagesCounted)
    assert [(e.messages, e.size, round(e.until - e.since, 3)) for e in counts] == [(3, 4, 0.04)]


def test_a_silence_parts_two_stretches() -> None:
    counts = tallied(b"a", b"b", every=0.01, apart=0.5).all(MessagesCounted)
    assert [(round(e.since, 3), round(e.until, 3)) for e in counts] == [(0.5, 0.5), (1.0, 1.0)]


def test_missing_numbers_are_counted_with_the_place_of_the_first() -> None:
    (whole,) = tallied(*numbered(1, 2, 5, 6, 8)).all(NumbersCounted)
    assert (whole.numbers, whole.last, whole.missing) == (5, 8, 3)
    assert (whole.before, whole.behind) == (2, 5)


def test_numbers_that_begin_anew_miss_nothing() -> None:
    (whole,) = tallied(*numbered(4, 5, 6, 0, 1, 2)).all(NumbersCounted)
    assert (whole.missing, whole.disordered) == (0, 0)


def test_numbers_that_come_late_or_again_are_disordered() -> None:
    (whole,) = tallied(*numbered(4, 6, 5, 5)).all(NumbersCounted)
    assert whole.disordered == 2


def test_each_channel_counts_for_itself() -> None:
    mixed = zip(numbered(1, 2, 3, room="a"), numbered(7, 8, 9, room="b"), strict=True)
    told = {e.by: e for e in tallied(*(m for pair in mixed for m in pair)).all(NumbersCounted)}
    assert set(told) == {"", "room"}
    assert told["room"].missing == told["room"].disordered == 0
    assert told[""].disordered > 0


def test_a_field_that_tells_too_many_apart_names_no_channel() -> None:
    many = [numbered(5, 6, topic=f"t{n}") for n in range(MOST_CHANNELS + 1)]
    assert [e.by for e in tallied(*(m for each in many for m in each)).all(NumbersCounted)] == [""]


def test_a_message_in_fragments_is_one() -> None:
    recorder = Recorder(Redactor(()), clock=lambda: 1.0)
    tally = Tally(recorder, 0.1)
    tally.take(b'{"seq": 3, ', 11, follows=False, fin=False)
    tally.take(b'"x": 1}', 7, follows=True, fin=True)
    tally.end()
    trace = recorder.trace(id="t1", experiment="e", variant="", url="ws://h/")
    assert [(e.messages, e.size) for e in trace.all(MessagesCounted)] == [(1, 18)]
    assert [e.last for e in trace.all(NumbersCounted)] == [3]


def test_more_messages_than_frames_are_kept_are_all_counted() -> None:
    counts = tallied(*[b"x"] * (3 * MOST_FRAMES), every=1.0, apart=0.001).all(MessagesCounted)
    assert sum(each.messages for each in counts) == 3 * MOST_FRAMES


def test_fragments_are_counted_as_they_come_from_the_wire() -> None:
    async def main() -> tuple[int, bool]:
        async with open_session() as (session, theirs, recorder):
            session.count(0.1)
            said = frame(TEXT, b"one", fin=False) + frame(CONT, b"more") + frame(TEXT, b"two")
            theirs.sendall(said)
            await session.hear("two", 1.0)
            counted = session.counted
        return counted, recorder.saw(MessagesCounted)

    assert asyncio.run(main()) == (2, True)
