"""Two vantages of one connection are one timeline, whatever their clocks say."""

from __future__ import annotations

from hand_made import ASKED, OPEN, SWITCHING, trace
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hangup import event as ev
from hangup.correlate import (
    MOST_MOMENTS,
    Offset,
    chosen,
    close_words,
    incident_of,
    message_of,
    offset_of,
    pairs_of,
    server_moments,
    server_side,
    timeline,
    unseen,
)
from hangup.incident import Caught, CloseTried, ConnectionSeen, MessageSeen
from hangup.trace import Trace

SECONDS = st.floats(0.0001, 5.0)
CLOCKS = st.floats(-100_000.0, 100_000.0)


def id_of(number: int) -> str:
    return f"{number:016x}"


def dialled(number: int, *events: ev.Event) -> Trace:
    """A connection whose opening request carried ids of its own."""
    headers = (("X-Hangup-Id", id_of(number)), ("traceparent", f"00-{number:032x}-{1:016x}-01"))
    asked = [replace(e, headers=headers) if isinstance(e, ev.RequestSent) else e for e in events]
    return trace(*asked, id=f"t{number}")


def died(number: int, code: int = 1011) -> Trace:
    close = ev.FrameReceived(at=0.01, opcode="close", size=2, wire_size=2, code=code)
    return dialled(number, *OPEN, close, ev.StreamEnded(at=0.011))


def seen(number: int, at: float, accepted: float = 0.0, **changes: object) -> ConnectionSeen:
    usual = {"phases": (("accepted", accepted),), "hangup_id": id_of(number)}
    return ConnectionSeen(at=at, connection=f"c{number}", **{**usual, **changes})


def caught(number: int, kind: str = "exception", **changes: object) -> Caught:
    usual = {"at": 1_790_000_000.02, "exception": "KeyError", "frame": "app.py:3 in f"}
    ids = {"hangup_id": id_of(number), "connection": f"c{number}"}
    return Caught(kind=kind, **{**usual, **ids, **changes})


@given(clock=CLOCKS, delays=st.lists(st.tuples(SECONDS, SECONDS, SECONDS), min_size=1, max_size=6))
def test_the_offset_is_found_within_what_it_says_of_itself(clock, delays) -> None:
    pairs = []
    for number, (there, work, back) in enumerate(delays):
        answer = replace(SWITCHING, at=0.002 + there + work + back)
        client = dialled(number, *ASKED, answer)
        pairs.append((client, seen(number, client.began + 0.002 + there + clock, work)))

    offset = offset_of(pairs)

    assert offset is not None
    assert abs(offset.seconds - clock) <= offset.uncertain + 1e-5
    assert offset.uncertain <= min(there + back for there, _, back in delays) / 2 + 1e-5


def test_without_an_answer_nothing_is_known_of_the_clocks() -> None:
    assert offset_of([(dialled(1, *ASKED), seen(1, 0.0))]) is None
    assert offset_of([]) is None


def test_a_clock_that_was_set_in_between_leaves_the_quickest_connection() -> None:
    quick, slow = dialled(1, *ASKED, SWITCHING), dialled(2, *ASKED, replace(SWITCHING, at=1.0))
    pairs = [(quick, seen(1, quick.began + 0.0025)), (slow, seen(2, slow.began + 500.0))]

    offset = offset_of(pairs)

    assert offset is not None
    assert abs(offset.seconds) < 0.001


def test_connections_are_paired_by_id_and_else_by_trace_id() -> None:
    one, two, three = died(1), died(2), died(3)
    by_trace = seen(9, 0.0, hangup_id="", traceparent=f"00-{2:032x}-{7:016x}-01")

    pairs = pairs_of([one, two, three], [seen(1, 0.0), by_trace])

    assert [(each.id, other.connection) for each, other in pairs] == [("t1", "c1"), ("t2", "c9")]
    assert unseen([one, two, three], pairs) == {"asked": 3, "seen": 2}


def test_the_exception_is_chosen_before_what_came_of_it() -> None:
    failures = [caught(1, "unserializable"), caught(1, "masked-exception"), caught(1, "returned")]

    found = chosen(died(1), [died(1)], [], failures)

    assert found is not None
    assert found[0].kind == "masked-exception"


def test_a_connection_that_ended_alike_stands_for_one_that_was_not_seen() -> None:
    own, alike, other = died(1), died(2), died(3, code=1008)

    found = chosen(own, [own, other, alike], [], [caught(3), caught(2)])

    assert found == (caught(2), alike)
    assert chosen(own, [own, other], [], [caught(3)]) is None


def test_what_another_connection_met_says_nothing_of_one_that_works() -> None:
    works = dialled(1, *OPEN, ev.FrameSent(at=1.0, opcode="close", size=2, code=1000))
    assert chosen(works, [works, died(2)], [], [caught(2)]) is None


def test_what_was_caught_is_found_by_the_recorders_own_name_too() -> None:
    own = died(1)
    nameless = caught(1, hangup_id="")

    assert chosen(own, [own], [(own, seen(1, 0.0))], [nameless]) == (nameless, own)


def test_both_vantages_stand_in_the_order_of_the_clients_clock() -> None:
    own = died(1)
    ahead = 3600.0
    server = seen(
        1,
        own.began + ahead + 0.0025,
        0.0003,
        messages=(MessageSeen(after=0.0005, sent=True, size=17),),
        outcome="the close was sent",
    )
    told = caught(1, at=own.began + ahead + 0.0045)

    incident = incident_of(told, own, [(own, server)])

    order = [(moment.vantage, moment.says) for moment in incident.timeline]
    assert order == [
        ("client", "sent GET /ws"),
        ("server", "arrived"),
        ("server", "accepted"),
        ("server", "the close was sent"),
        ("server", "sent text, 17 bytes"),
        ("client", "received 101 Switching Protocols"),
        ("server", "KeyError at app.py:3 in f"),
        ("client", "received close 1011"),
        ("client", "received FIN"),
    ]
    assert incident.clock_offset_ms is not None
    assert abs(incident.clock_offset_ms - ahead * 1000) < 1.0
    assert incident.trace == own.id


def test_without_an_offset_only_the_clients_view_is_told() -> None:
    moments = timeline(died(1), seen(1, 0.0), caught(1), None)
    assert {moment.vantage for moment in moments} == {"client"}


def test_a_long_timeline_loses_its_middle() -> None:
    said = [ev.FrameSent(at=0.01 + i / 100, opcode="text", size=1) for i in range(200)]
    moments = timeline(dialled(1, *OPEN, *said), None, caught(1), Offset(0.0, 0.0))

    assert len(moments) == MOST_MOMENTS
    assert moments[0].says == "sent GET /ws"


def test_a_close_says_whether_a_frame_may_hold_it() -> None:
    assert close_words(CloseTried(code=1011, reason="Internal error")) == "1011 'Internal error'"
    assert close_words(CloseTried(code=1006, legal=False)) == "1006, which no close frame may hold"
    assert close_words(CloseTried(code=None)) == "without a code"


def test_what_the_server_saw_is_given_by_the_clients_clock_and_failures_are_marked() -> None:
    message = MessageSeen(after=0.004, sent=True, size=3, site="app.py:9 in reply")
    view = seen(1, 1_790_000_100.0, 0.002, messages=(message,))
    moments = server_side(died(1), view, [caught(1, at=1_790_000_100.003)], Offset(100.0, 0.0))
    assert [(m.at_ms, m.says, m.failure) for m in moments] == [
        (0.0, "arrived", False),
        (2.0, "accepted", False),
        (3.0, "KeyError at app.py:3 in f", True),
        (4.0, "sent text, 3 bytes at app.py:9 in reply", False),
    ]


def test_a_moment_of_a_message_is_read_as_it_was_written() -> None:
    site = MessageSeen(after=0.1, sent=True, size=3, site="app.py:9 in reply")
    plain = MessageSeen(after=0.2, sent=False, size=9, text=False)
    told = [says for _, says in server_moments(seen(1, 0.0, messages=(site, plain)))]
    assert [message_of(says) for says in told if message_of(says)] == [
        ("sent", "text, 3 bytes", "app.py:9 in reply"),
        ("received", "binary, 9 bytes", ""),
    ]
