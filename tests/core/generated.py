"""Strategies for traces: any event with any content, and connections that could have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hand_made import ENDINGS
from hypothesis import strategies as st

from hangup.certificate import Certificate
from hangup.event import (
    Event,
    Expecting,
    FrameReceived,
    FrameSent,
    Matched,
    Upgraded,
)
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.failure import FAILURES, FRAME_FAILURES
from hangup.judge import Reading
from hangup.signs import SIGNS
from hangup.signs.crowd import AFTER_ONE, AFTER_TWO, AGAIN, STILL
from hangup.trace import Trace

SECONDS = st.floats(0, 1e4, allow_nan=False).map(lambda at: round(at, 6))
TEXTS = st.text(max_size=12)
SIZES = st.integers(0, 2**40)
EVENT_TYPES: tuple[type[Any], ...] = Event.__args__

VARIANTS = st.sampled_from(
    [
        *("", "absent", "same", "foreign", "none offered", "h2 and http/1.1 offered"),
        *("127.0.0.1", "::1", "1 of 3", "2 of 3", "3 of 3", "3 of 3, in vain"),
        *(AGAIN, AFTER_ONE, AFTER_TWO, STILL),
    ]
)
CODES = st.none() | st.sampled_from([0, 999, 1000, 1005, 1006, 1008, 1011, 1015, 4401, 65535])
REASONS = st.sampled_from(["", "Internal error", "keepalive ping timeout", "token expired"])
WAITS = st.sampled_from(["a pong", "a message matching 'x'", "any message", "an HTTP response"])

# What a field of a name holds, whatever event it stands in; else its type says.
NAMED: dict[str, st.SearchStrategy[Any]] = {
    "at": SECONDS,
    "code": CODES,
    "reason": REASONS,
    "waiting_for": WAITS,
    "what": WAITS,
    "failure": st.sampled_from(sorted(FAILURES)),
    "status": st.sampled_from([101, 200, 302, 400, 401, 403, 404, 500, 502, 600]),
    "chain": st.tuples() | st.builds(Certificate, subject=TEXTS, issuer=TEXTS).map(lambda c: (c,)),
}


def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Give structs of a type, with content that its fields' types and names allow."""
    fields = {}
    for field in msgspec.structs.fields(kind):
        named = NAMED.get(field.name, _of_type(field.type))
        if field.name == "failure" and kind.__name__ == "FrameRejected":
            named = st.sampled_from(sorted(FRAME_FAILURES))
        if field.name == "what" and kind.__name__ == "PageTold":
            named = _of_type(field.type)
        fields[field.name] = named
    return st.builds(kind, **fields)


def _of_type(kind: Any) -> st.SearchStrategy[Any]:
    simple = {str: TEXTS, int: SIZES, float: SECONDS, bytes: st.binary(max_size=12)}
    if kind in simple:
        return simple[kind]
    arguments: tuple[Any, ...] = getattr(kind, "__args__", ())
    if getattr(kind, "__origin__", None) is tuple and arguments[-1] is Ellipsis:
        return st.lists(_of_type(arguments[0]), max_size=2).map(tuple)
    if getattr(kind, "__origin__", None) is tuple:
        return st.tuples(*map(_of_type, arguments))
    if type(None) in arguments:
        return st.none() | _of_type(next(each for each in arguments if each is not type(None)))
    return st.from_type(kind)  # booleans and literals


EVENTS = st.one_of(*map(structs, EVENT_TYPES))
NAMES = st.sampled_from([experiment.name for experiment in EXPERIMENTS])


def traces_of(events: st.SearchStrategy[Sequence[Any]]) -> st.SearchStrategy[Trace]:
    """Give traces of some events, of any experiment and variant."""
    return st.builds(
        Trace,
        id=st.just("t1"),
        experiment=NAMES,
        variant=VARIANTS,
        url=TEXTS,
        began=SECONDS,
        events=events.map(tuple),
    )


ANY_TRACES = traces_of(st.lists(EVENTS, min_size=1, max_size=8))
"""Traces in which anything can follow anything."""


SAID = st.sampled_from([b"", b"hello", b'{"type": "error"}', b"x" * 5000])
TALK = st.one_of(
    st.builds(lambda data: FrameSent(at=0.1, opcode="text", size=len(data), data=data), SAID),
    st.builds(
        lambda data: FrameReceived(
            at=0.2, opcode="text", size=len(data), wire_size=len(data), data=data
        ),
        SAID,
    ),
    st.builds(Expecting, at=st.just(0.1), what=WAITS, deadline=st.just(1.0)),
    st.builds(Matched, at=st.just(0.2), what=WAITS),
    st.sampled_from(
        [
            FrameSent(at=0.1, opcode="ping", size=0),
            FrameReceived(at=0.2, opcode="ping", size=0, wire_size=0),
            FrameSent(at=0.3, opcode="pong", size=0),
            FrameReceived(at=0.3, opcode="pong", size=0, wire_size=0),
        ]
    ),
)
"""What is said on an open WebSocket."""


@st.composite
def plausible(draw: st.DrawFn) -> tuple[Any, ...]:
    """Give the events of a connection that ended in some way, with anything thrown in between."""
    known: tuple[Any, ...] = draw(st.sampled_from([t.events for t in ENDINGS.values()]))
    cut = draw(st.integers(0, len(known)))
    opened = next((i for i, each in enumerate(known) if isinstance(each, Upgraded)), -1) + 1
    talk = draw(st.lists(TALK, max_size=4)) if opened else []
    extra = draw(st.lists(EVENTS, max_size=3))
    known = (*known[:opened], *talk, *known[opened:])
    return (*known[:cut], *extra, *known[cut:])


def records(traces: st.SearchStrategy[Trace]) -> st.SearchStrategy[list[Trace]]:
    """Give several traces, each with its own id, a baseline among them more often than not."""
    first = traces.map(lambda trace: msgspec.structs.replace(trace, experiment="baseline"))
    several = st.tuples(first | traces, st.lists(traces, max_size=6))
    return several.map(
        lambda found: [
            msgspec.structs.replace(trace, id=f"t{number}")
            for number, trace in enumerate([found[0], *found[1]], start=1)
        ]
    )


ANY_RECORDS = records(ANY_TRACES)
PLAUSIBLE_RECORDS = records(traces_of(plausible()))


@st.composite
def readings(draw: st.DrawFn) -> dict[str, Reading]:
    """Give any answers to any of the signs."""
    read = draw(st.lists(st.sampled_from(SIGNS), unique_by=lambda sign: sign.name))
    return {
        sign.name: Reading(draw(st.sampled_from(sorted(sign.values))), "so it was", "t1", 0)
        for sign in read
    }
