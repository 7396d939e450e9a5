"""Every kind of ending is told from a trace that has it."""

from __future__ import annotations

import pytest
from generated import ANY_TRACES
from hand_made import ASKED, ENDINGS, OPEN, answered, closed, missed, trace, works
from hypothesis import given

from hangup import event as ev
from hangup.ending import KINDS, UNSENT, ending_of
from hangup.trace import Trace


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_ending_is_told(kind: str) -> None:
    assert ending_of(ENDINGS[kind]).kind == kind


@given(ANY_TRACES)
def test_every_trace_has_an_ending_of_a_known_kind(seen: Trace) -> None:
    assert ending_of(seen).kind in {*KINDS, UNSENT}


@given(ANY_TRACES)
def test_every_ending_cites_an_event_of_its_trace(seen: Trace) -> None:
    assert 0 <= ending_of(seen).event < len(seen.events)


@pytest.mark.parametrize("kind", KINDS)
def test_an_ending_is_the_same_as_itself(kind: str) -> None:
    ending = ending_of(ENDINGS[kind])
    assert ending.same_as(ending)


def test_another_reason_is_another_ending() -> None:
    assert not ending_of(closed(4000, "one")).same_as(ending_of(closed(4000, "two")))


def test_another_code_of_one_kind_is_another_ending() -> None:
    assert not ending_of(closed(4000)).same_as(ending_of(closed(4002)))


def test_another_status_of_one_kind_is_another_ending() -> None:
    assert not ending_of(answered(418)).same_as(ending_of(answered(451)))


def test_only_a_connection_that_was_ours_to_end_or_had_done_its_work_works() -> None:
    assert [k for k in KINDS if ending_of(ENDINGS[k]).works] == ["open", "finished"]


def test_only_what_somebody_else_ended_was_cut_short() -> None:
    cut = {kind for kind in KINDS if ending_of(ENDINGS[kind]).cut_short}
    assert cut == {k for k in KINDS if k.startswith("closed-")} | {"fin", "rst"}


def test_a_status_beyond_the_known_classes_is_a_broken_response() -> None:
    assert ending_of(answered(700)).kind == "broken-response"


def test_a_connection_lived_from_its_upgrade_to_its_end() -> None:
    assert ending_of(works(2.5)).lived == pytest.approx(2.5)


def test_bytes_that_never_made_a_message_are_no_answer() -> None:
    pending = trace(*OPEN, missed("a quiet end", pending=3), ev.LocalClose(at=1.0, why="enough"))
    assert ending_of(pending).kind == "open-mute"


def test_a_404_before_the_websocket_of_a_proxy_is_not_the_answer() -> None:
    connect = ev.RequestSent(at=0.0, method="CONNECT", target="h:1", headers=(), upgrade=False)
    tunnel = ev.ResponseReceived(
        at=0.0, status=200, reason="OK", http_version="1.1", headers=(), took=0.0
    )
    seen = trace(connect, tunnel, *answered(404).events)
    assert ending_of(seen).words == "404"


def test_an_ending_of_which_a_record_says_nothing_is_told_by_its_kind() -> None:
    mute = ev.ResponseMalformed(at=0.1, failure="http.broken-off", text="", head=b"", size=0)
    assert ending_of(trace(*ASKED, mute)).words == "broken-response"


def own_close(code: int | None) -> Trace:
    """A client that closes on its own, as one that was overheard."""
    return trace(*OPEN, ev.FrameSent(at=1.0, opcode="close", size=2, code=code))


@pytest.mark.parametrize("code", [1000, 1001, None, 3000, 4001])
def test_a_client_that_leaves_by_its_own_will_complains_of_nothing(code: int | None) -> None:
    assert ending_of(own_close(code)).works


@pytest.mark.parametrize("code", [1002, 1007, 1009, 1011])
def test_a_client_that_complains_was_not_content(code: int) -> None:
    assert ending_of(own_close(code)).kind.startswith("own-")
