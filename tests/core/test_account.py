"""How a case ended and how far a look went, in words."""

from __future__ import annotations

from hand_made import OPEN, closed, missed, trace, works
from msgspec.structs import replace

from hangup import event as ev
from hangup.account import credential_sent, ending_words, healthy_look, messages_sent
from hangup.ending import ending_of
from hangup.record import Record
from hangup.trace import Trace

USED = ev.CredentialUsed(at=0.002, place="message", kind="opaque")


def said(text: str) -> ev.FrameSent:
    return ev.FrameSent(at=0.1, opcode="text", size=len(text), data=text.encode())


def words(*events: ev.Event) -> str:
    seen = trace(*OPEN, *events)
    return ending_words((seen, ending_of(seen)))


def talk(*answers: str) -> Trace:
    came = [ev.Matched(at=0.2, what=each) for each in answers]
    close = ev.FrameSent(at=0.4, opcode="close", size=2, code=1000)
    return trace(*OPEN, *(said(each) for each in answers), *came, close)


def test_an_early_end_is_told_from_the_upgrade() -> None:
    seen = closed(1011, "Internal error")
    told = ending_words((seen, ending_of(seen)))
    assert told == "closed 1011 'Internal error' 497 ms after the upgrade"


def test_a_late_end_is_told_by_the_silence_before_it() -> None:
    assert words(ev.StreamEnded(at=1.903)) == "ended without a close frame after 1.9 s of silence"


def test_an_end_after_a_message_is_told_from_there() -> None:
    assert words(said("a"), ev.StreamEnded(at=0.15)).endswith("50 ms after our message 1")


def test_what_we_ended_has_no_age() -> None:
    assert ending_words((works(), ending_of(works()))) == "open until we closed it"


def test_nothing_recorded_is_said_so() -> None:
    assert ending_words(None) == "nothing was recorded"


def test_a_healthy_look_counts_answers_and_silence() -> None:
    idle = works(1.2, id="t2", experiment="idle")
    told = healthy_look(Record([talk("hello"), idle]))
    assert told == "1 message was answered, and silence was watched for 1.2 s"


def test_a_baseline_without_a_word_is_the_silence_that_was_watched() -> None:
    assert healthy_look(Record([works(1.2)])) == "silence was watched for 1.2 s"


def test_what_is_pushed_is_no_answer() -> None:
    pushed = trace(*OPEN, ev.Matched(at=0.2, what="news"), missed("x"))
    assert healthy_look(Record([pushed])).startswith("1 expected message came")


def test_a_credential_is_no_message_of_the_conversation() -> None:
    seen = trace(USED, *OPEN, said("token"), said("hello"))
    assert (messages_sent(seen), credential_sent(seen)) == (1, True)


def test_a_credential_elsewhere_is_no_first_message() -> None:
    seen = trace(replace(USED, place="header"), *OPEN, said("hello"))
    assert (messages_sent(seen), credential_sent(seen)) == (1, False)
