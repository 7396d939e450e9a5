"""What becomes of a slow reader is read from it, from its witness, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hand_made import OPEN, works

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS
from hangup.signs.slow_reader import SLOW, WITNESS, keeps, told, unsaid
from hangup.trace import Trace

PAUSED, RESUMED, END = 1.0, 4.0, 6.0
EACH = 20_000
"""Bytes of a message: twenty a second fill every buffer within the three seconds."""
ALWAYS = [n / 20 for n in range(1, 119)]
"""A message every 50 ms until right before the end."""
UNTIL_RESUMED = [at for at in ALWAYS if not PAUSED < at < RESUMED]
Closing = ev.FrameReceived | ev.StreamEnded | None


def counts(times: Sequence[float], each: int = EACH) -> list[ev.Event]:
    return [ev.MessagesCounted(at=at, since=at, until=at, messages=1, size=each) for at in times]


def connection(variant: str, *events: ev.Event, closed: Closing = None) -> Trace:
    """Make one connection that is closed after six seconds, by the server when that is given."""
    close = closed or ev.FrameSent(at=END, opcode="close", size=2, code=1000)
    over = ev.LocalClose(at=END + 0.1, why="the closing handshake is done")
    return Trace(
        id=f"t-{variant.replace(' ', '-')}",
        experiment="slow-reader",
        variant=variant,
        url="ws://h/ws",
        began=1_790_000_000.0,
        events=(*OPEN, *sorted((*events, close), key=lambda event: event.at), over),
    )


def slow(
    *more: ev.Event, closed: Closing = None, lost: int = 0, unread: int | None = 4096
) -> Trace:
    """Make a slow reader that gets what came meanwhile at once, but for some."""
    paused = ev.ReadingPaused(at=PAUSED, buffer=8192)
    resumed = ev.ReadingResumed(at=RESUMED, paused=RESUMED - PAUSED, unread=unread)
    waited = [RESUMED + 0.01] * (sum(PAUSED < at < RESUMED for at in ALWAYS) - lost)
    came = counts([*UNTIL_RESUMED, *waited])
    return connection(SLOW, paused, resumed, *came, *more, closed=closed)


def witness(times: Sequence[float] = ALWAYS, *more: ev.Event, closed: Closing = None) -> Trace:
    return connection(WITNESS, *counts(times), *more, closed=closed)


def numbers(missing: int = 0, last: int = 118, by: str = "", disordered: int = 0) -> ev.Event:
    gap = (20, 21 + missing) if missing else (None, None)
    return ev.NumbersCounted(
        at=END,
        by=by,
        numbers=last - missing,
        last=last,
        missing=missing,
        disordered=disordered,
        before=gap[0],
        behind=gap[1],
    )


def read(*traces: Trace) -> str | None:
    (sign,) = (sign for sign in SIGNS if sign.name == "slow-reader")
    reading = sign.read(Record((works(), *traces)))
    return reading.value if reading else None


CLOSE = ev.FrameReceived(
    at=RESUMED + 0.1, opcode="close", size=2, wire_size=2, code=1013, reason="slow consumer"
)
CUT = ev.StreamEnded(at=RESUMED + 0.1)


def test_who_gets_all_in_the_end_is_kept() -> None:
    assert read(slow(), witness()) == "keeps"


def test_who_gets_less_without_numbers_may_have_lost_it_or_not() -> None:
    assert read(slow(lost=50), witness()) == "fewer"


def test_who_gets_less_while_no_number_is_missing_lost_nothing() -> None:
    assert read(slow(numbers(last=68), lost=50), witness(ALWAYS, numbers())) == "fewer"


def test_numbers_that_only_the_slow_one_misses_are_a_gap() -> None:
    assert read(slow(numbers(missing=50), lost=50), witness(ALWAYS, numbers())) == "gap"


def test_numbers_that_both_miss_are_no_gap_of_the_slow_one() -> None:
    missing = numbers(missing=50)
    assert read(slow(missing, lost=50), witness(ALWAYS, missing)) == "fewer"


def test_numbers_that_come_again_are_no_gap() -> None:
    again = numbers(missing=50, disordered=50)
    assert read(slow(again), witness(ALWAYS, numbers())) == "keeps"


def test_numbers_of_channels_are_held_against_those_of_channels() -> None:
    mine = (numbers(missing=80, disordered=30), numbers(missing=4, by="room"))
    theirs = (numbers(missing=60, disordered=30), numbers(by="room"))
    assert read(slow(*mine), witness(ALWAYS, *theirs)) == "gap"


@pytest.mark.parametrize("end", [CLOSE, CUT])
def test_an_end_that_only_the_slow_one_meets_is_the_answer(end: Closing) -> None:
    assert read(slow(closed=end, lost=50), witness()) == "closed"


def test_the_words_name_the_code_and_the_reason() -> None:
    record = Record((works(), slow(closed=CLOSE, lost=50), witness()))
    assert "closed 1013 'slow consumer'" in told(record)


def test_an_end_that_both_meet_says_nothing_of_slowness() -> None:
    assert read(slow(closed=CLOSE), witness(closed=CLOSE)) != "closed"


def test_a_witness_that_waits_for_the_slow_one_stalls() -> None:
    assert read(slow(), witness([*UNTIL_RESUMED, RESUMED + 0.01])) == "witness-stalls"


def test_a_witness_that_is_served_in_jerks_stalls() -> None:
    jerks = [at for at in ALWAYS if not PAUSED < at < RESUMED] + [1.7, 2.4, 3.1, 3.8]
    assert read(slow(), witness(sorted(jerks))) == "witness-stalls"


def test_a_silence_that_ends_while_nothing_is_read_is_no_stall() -> None:
    assert read(slow(), witness([at for at in ALWAYS if not 1.2 < at < 2.9])) != "witness-stalls"


def test_a_silence_as_long_as_others_is_no_stall() -> None:
    calm = [0.2, 0.9, 4.1, 5.5]
    assert read(slow(), witness(calm)) != "witness-stalls"


def test_a_silence_is_no_stall_while_our_buffer_has_room() -> None:
    silent = witness([*UNTIL_RESUMED, RESUMED + 0.01])
    assert read(slow(unread=0), silent) != "witness-stalls"


def test_a_feed_too_small_to_fill_a_buffer_tells_nothing_and_says_so() -> None:
    small = connection(WITNESS, *counts(ALWAYS, each=10))
    record = Record((works(), slow(), small))
    assert read(slow(), small) is None
    assert "0.6 kB in the 3.0 s" in unsaid(record)
    assert told(record) == unsaid(record)


@pytest.mark.parametrize("left", [SLOW, WITNESS])
def test_one_without_the_other_tells_nothing(left: str) -> None:
    only = slow() if left == SLOW else witness()
    assert read(only) is None
    assert unsaid(Record((works(), only))) != ""


def test_a_reading_that_was_cut_short_tells_nothing() -> None:
    cut = connection(SLOW, ev.ReadingPaused(at=PAUSED, buffer=8192))
    assert read(cut, witness()) is None


def test_where_none_was_asked_for_nothing_is_said() -> None:
    record = Record((works(),))
    assert (unsaid(record), keeps(record)) == ("", False)


def test_what_a_slow_reader_misses_is_no_disorder_of_the_feed() -> None:
    frames = [
        ev.FrameReceived(at=0.1 * n, opcode="text", size=9, wire_size=9, data=b'{"seq": %d}' % n)
        for n in (1, 2, 3, 8, 9)
    ]
    (sign,) = (sign for sign in SIGNS if sign.name == "sequence")
    reading = sign.read(Record((works(), connection(SLOW, *frames))))
    assert reading
    assert reading.value == "none"
