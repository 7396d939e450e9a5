"""Who hears whom is read from connections that were open together, and from nothing else."""

from __future__ import annotations

import pytest
from hand_made import GIVEN_UP, OPEN, works

from hangup import event as ev
from hangup.record import Record
from hangup.signs import SIGNS
from hangup.trace import Trace

SPEECH, SECOND, BOTH = 0.5, 1.0, 1.5
"""Seconds at which the first speaks, another one does, and both do."""
USERS = ("asker", "asker's second", "other user", "other user's second")


def one(
    variant: str, *heard: float, said: tuple[float, ...] = (), text: bytes = b"hi", name: str = ""
) -> Trace:
    """Make one connection that hears and says at these seconds, and is closed after two."""
    frames: list[ev.Event] = [
        ev.FrameReceived(at=at, opcode="text", size=2, wire_size=2, data=text) for at in heard
    ]
    frames += [ev.FrameSent(at=at, opcode="text", size=2, data=b"hi") for at in said]
    close = ev.FrameSent(at=2.0, opcode="close", size=2, code=1000)
    events = (*OPEN, *sorted(frames, key=lambda event: event.at), close, GIVEN_UP)
    return Trace(
        id=f"t-{variant}",
        experiment=name or "listeners",
        variant=variant,
        url="ws://h/ws",
        began=1_790_000_000.0,
        events=events,
    )


def read(name: str, *traces: Trace) -> str | None:
    (sign,) = (sign for sign in SIGNS if sign.name == name)
    reading = sign.read(Record((works(), *traces)))
    return reading.value if reading else None


def listeners(first: set[int], second: set[int] | None = None, speaker: bool = True) -> str | None:
    """Let some of six hear the first, and where one of them speaks too, some hear that."""
    traces = [one("speaker", *([SPEECH + 0.1] if speaker else []), said=(SPEECH,))]
    for number in range(1, 7):
        heard = [SPEECH + 0.1] if number in first else []
        heard += [SECOND + 0.1] if second and number in second else []
        says = (SECOND,) if second is not None and number == 6 else ()
        traces.append(one(f"listener {number}", *heard, said=says))
    return read("listeners", *traces)


@pytest.mark.parametrize(
    ("first", "second", "speaker", "answer"),
    [
        (set(), None, True, "none"),
        ({1, 2, 3, 4, 5, 6}, None, True, "all"),
        ({1, 2, 3}, {4, 5, 6}, True, "groups"),
        ({1, 2, 3}, {4, 5}, False, "groups"),
        ({1, 2}, {3, 6}, True, "groups"),
        ({1}, {6}, True, "some"),
        ({1, 2, 3}, {1, 2, 3}, True, "deaf"),
        ({5}, {5}, False, "astray"),
        ({1, 2, 3}, {1, 2, 3, 4, 5, 6}, True, "some"),
        ({1, 2, 3}, set(), True, "deaf"),
    ],
)
def test_whom_a_second_speaker_reaches_says_why_the_first_reached_only_some(
    first: set[int], second: set[int] | None, speaker: bool, answer: str
) -> None:
    assert listeners(first, second, speaker) == answer


def test_what_comes_without_being_asked_for_is_not_what_was_said() -> None:
    feed = [one(f"listener {n}", SPEECH - 0.1, SPEECH + 0.1, text=b"tick 7") for n in range(6)]
    assert read("listeners", one("speaker", said=(SPEECH,)), *feed) == "none"


def users(**heard: tuple[float, ...]) -> str | None:
    """Let two users speak in turn and at once; `asker=(0.6,)` hears something at 0.6 s."""
    said = {"asker": (SPEECH, BOTH), "other user": (SECOND, BOTH + 0.001)}
    by = {"asker": "asker", "second": USERS[1], "other": USERS[2], "other_second": USERS[3]}
    came = {by[name]: times for name, times in heard.items()}
    traces = (
        one(name, *came.get(name, ()), said=said.get(name, ()), name="two-users") for name in USERS
    )
    return read("recipients", *traces)


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        ({}, "nobody"),
        ({"asker": (0.6, 1.6), "other": (1.1, 1.6)}, "asker"),
        ({"asker": (0.6, 1.6), "second": (0.6,), "other": (1.1, 1.6)}, "asker"),
        ({"asker": (0.6,), "other": (1.1, 1.6, 1.7)}, "crossed"),
        ({"second": (0.6,)}, "another"),
        ({"other_second": (0.6,)}, "other-user"),
        ({"second": (0.6,), "other": (0.6,), "other_second": (0.6,)}, "all-others"),
        ({"asker": (0.6,), "other_second": (0.6,)}, "partly"),
        ({"asker": (0.6,), "other": (0.6,), "other_second": (0.6,)}, "partly"),
        (dict.fromkeys(("asker", "second", "other", "other_second"), (0.6,)), "one-way"),
        (dict.fromkeys(("asker", "second", "other", "other_second"), (0.6, 1.1)), "everybody"),
    ],
)
def test_who_of_two_users_hears_a_reply_says_whom_it_was_addressed_to(
    heard: dict[str, tuple[float, ...]], answer: str
) -> None:
    assert users(**heard) == answer


def test_nothing_is_read_where_the_other_user_was_not_let_in() -> None:
    traces = (one(name, 0.6, said=(SPEECH,), name="two-users") for name in USERS[:2])
    assert read("recipients", *traces) is None
