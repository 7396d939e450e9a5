"""Connections held together: deaths, copies, channels, and what a proxy changes."""

from __future__ import annotations

import pytest
from hand_made import ENDINGS, GIVEN_UP, OPEN, WE_CLOSED, missed, trace, works
from msgspec.structs import replace

from hangup import event as ev
from hangup.ending import ending_of
from hangup.record import Record
from hangup.signs import SIGNS
from hangup.trace import Trace


def read(name: str, *traces: Trace) -> str | None:
    (sign,) = (sign for sign in SIGNS if sign.name == name)
    reading = sign.read(Record(traces))
    return reading.value if reading else None


def died(age: float, began: float, name: str) -> Trace:
    ended = (ev.StreamEnded(at=0.003 + age), GIVEN_UP)
    return replace(trace(*OPEN, *ended, id=name, experiment=name), began=began)


def heard(*messages: bytes) -> Trace:
    frames = [
        ev.FrameReceived(at=0.1 + n / 100, opcode="text", size=len(m), wire_size=len(m), data=m)
        for n, m in enumerate(messages)
    ]
    return trace(*OPEN, *frames, WE_CLOSED, GIVEN_UP)


def test_two_ages_that_end_at_one_moment_are_no_timers() -> None:
    assert read("deaths", died(2.0, 100.0, "baseline"), died(1.8, 100.2, "pinged")) == "together"


def test_one_age_that_ends_at_two_moments_is_a_timer() -> None:
    assert read("deaths", died(2.0, 100.0, "baseline"), died(2.0, 100.2, "pinged")) == "by-age"


def test_a_younger_one_that_dies_with_the_silent_one_was_not_ended_at_its_age() -> None:
    assert read("pinged", died(2.0, 100.0, "baseline"), died(1.8, 100.2, "pinged")) == "otherwise"


def test_what_comes_several_times_each_is_doubled() -> None:
    assert read("sequence", heard(b"a", b"a", b"b", b"b")) == "doubled"


def test_one_message_that_comes_again_and_again_is_not_doubled() -> None:
    assert read("sequence", heard(b"a", b"a", b"a", b"a")) == "none"


@pytest.mark.parametrize("field", ["channel", "topic", "symbol"])
def test_channels_count_for_themselves(field: str) -> None:
    said = [f'{{"{field}": "{c}", "seq": {n}}}'.encode() for n in (5, 6) for c in "ab"]
    assert read("sequence", heard(*said)) == "in-order"


def test_three_messages_of_two_channels_are_enough_to_see_both() -> None:
    said = [f'{{"channel": "{c}", "seq": {n}}}'.encode() for c, n in (("a", 5), ("b", 1), ("a", 6))]
    assert read("sequence", heard(*said)) == "in-order"


def test_a_channel_that_is_out_of_order_is_seen() -> None:
    said = [f'{{"channel": "a", "seq": {n}}}'.encode() for n in (1, 3, 2, 4)]
    assert read("sequence", heard(*said)) == "reordered"


def test_a_reset_of_the_first_word_after_a_silence_is_a_connection_that_was_gone() -> None:
    close = ev.FrameSent(at=4.0, opcode="close", size=2, code=1000)
    reset = ev.StreamReset(at=4.001, failure="tcp.reset", text="reset")
    assert ending_of(trace(*OPEN, close, reset, GIVEN_UP)).kind == "open-mute"


def test_a_reset_of_a_close_that_comes_soon_is_an_end_like_any() -> None:
    reset = ev.StreamReset(at=1.001, failure="tcp.reset", text="reset")
    assert ending_of(trace(*OPEN, WE_CLOSED, reset, GIVEN_UP)).kind == "open"


def test_a_fin_and_a_reset_are_one_end() -> None:
    assert ending_of(ENDINGS["fin"]).same_as(ending_of(ENDINGS["rst"]))


def test_a_reply_that_only_the_proxy_changes_is_altered() -> None:
    asked = ev.Expecting(at=0.05, what="a message matching 'card 4111'", deadline=1.0)
    said = ev.FrameReceived(at=0.1, opcode="text", size=9, wire_size=9, data=b"card ****")
    direct = replace(said, data=b"card 4111")
    came = ev.Matched(at=0.1, what=asked.what)
    here = trace(*OPEN, asked, said, missed(asked.what), WE_CLOSED, GIVEN_UP)
    there = trace(*OPEN, asked, direct, came, WE_CLOSED, GIVEN_UP, id="t2", experiment="bypass")

    assert read("altered", here, there) == "altered"


def test_close_frames_that_nobody_answers_tell_of_a_peer_that_is_gone() -> None:
    alone = trace(*OPEN, WE_CLOSED, missed("the answer to our close frame"), GIVEN_UP)
    assert read("closing", alone) == "unanswered"


def test_a_login_that_is_awaited_is_no_death_of_a_connection_that_talks() -> None:
    spoken = trace(
        *OPEN, ev.FrameSent(at=0.1, opcode="text", size=2, data=b"me"), WE_CLOSED, GIVEN_UP
    )
    away = ev.FrameReceived(
        at=2.0, opcode="close", size=20, wire_size=20, code=1008, reason="authentication timed out"
    )
    silent = trace(*OPEN, away, GIVEN_UP, id="t2", experiment="idle")

    assert Record([spoken, silent]).baseline == (spoken, ending_of(spoken))
    assert read("idle", spoken, silent) == "wants-login"


def test_a_silent_connection_that_is_cut_for_another_reason_is_what_there_is_to_explain() -> None:
    cut = trace(*OPEN, ev.StreamEnded(at=2.0), GIVEN_UP, id="t2", experiment="idle")
    assert Record([works(), cut]).baseline == (cut, ending_of(cut))
