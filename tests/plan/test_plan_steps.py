"""Streams, rates, kept values and reconnects: what is wrong with a server is told as it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from playing import played
from talker import DEAF, FOREVER, HEAR, Action, Close, Pause, Talker, talking

DONE = {"type": "done"}


def piece(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "partial", "seq": number, **more}


STREAM = """deadline: {deadline}
steps:
  - send: go
  - stream: {{type: partial}}
    until: {{type: done}}
    {more}
"""

STREAMS: dict[str, tuple[Sequence[Action], str, str]] = {
    "it is whole": (
        (piece(1), piece(2), {"type": "noise"}, piece(3), DONE),
        "first: 2\n    gap: 1\n    at-least: 3\n    number: seq",
        "",
    ),
    "its numbers begin anywhere": ((piece(7), piece(8), DONE), "number: seq", ""),
    "equal pieces are no copies where nothing numbers them": ((piece(1), piece(1), DONE), "", ""),
    "it may be empty where that is said": ((DONE,), "at-least: 0", ""),
    "the first piece is late": (
        (Pause(0.6), piece(1), DONE),
        "first: 0.3",
        "no first piece within 0.3 s",
    ),
    "no piece comes at all": ((), "first: 0.3", "no first piece within 0.3 s"),
    "a gap is too long": (
        (piece(1), piece(2), Pause(0.5), piece(3), DONE),
        "gap: 0.2",
        "the gap between piece 2 and 3 was 0.",
    ),
    "the end is late": (
        (piece(1), Pause(0.5), DONE),
        "gap: 0.2",
        "the gap between piece 1 and the end was 0.",
    ),
    "it ends too soon": (
        (piece(1), piece(2), DONE),
        "at-least: 3",
        "ended after 2 pieces where 3 are the least",
    ),
    "it is empty": ((DONE,), "", "ended after 0 pieces where 1 are the least"),
    "a piece is missing": (
        (piece(4), piece(6), DONE),
        "number: seq",
        "piece numbers jump from 4 to 6",
    ),
    "a piece comes twice": (
        (piece(4), piece(5), piece(5), DONE),
        "number: seq",
        "the piece with the number 5 came twice",
    ),
    "an old piece comes again": (
        (piece(4), piece(5), piece(4), DONE),
        "number: seq",
        "the piece with the number 4 came twice",
    ),
    "its numbers go back": (
        (piece(4), piece(2), DONE),
        "number: seq",
        "piece numbers go back from 4 to 2",
    ),
    "a piece has no number": (
        (piece(1), {"type": "partial", "seq": "2"}, DONE),
        "number: seq",
        "piece 2 has no whole number at 'seq'",
    ),
    "it goes silent": (
        (piece(1), piece(2)),
        "gap: 0.2",
        "the stream never ended: after piece 2 nothing of it came for",
    ),
    "it goes on for ever": (
        (piece(1), FOREVER),
        "within: 0.4",
        "the stream never ended within 0.4 s; pieces that came: ",
    ),
    "its server hangs up": (
        (piece(1), piece(2), Close(1011)),
        "",
        "the connection was over after piece 2 of a stream that had not ended; "
        "expected: open until we close it; it was: closed 1011",
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_told_apart(name: str) -> None:
    plays, more, says = STREAMS[name]

    async def run() -> None:
        async with talking([HEAR, *plays]) as url:
            result = await played(url, STREAM.format(deadline=9, more=more))
        assert result.outcome == ("failed" if says else "passed"), result.says
        assert says in result.says

    asyncio.run(run())


def test_a_gap_counts_though_nobody_listened_meanwhile() -> None:
    plays = [piece(1), Pause(0.5), piece(2), DONE]
    keys = "steps: [{wait: 0.9}, {stream: {type: partial}, until: {type: done}, gap: 0.2}]"

    async def run() -> None:
        async with talking(plays) as url:
            result = await played(url, keys)
        assert "the gap between piece 1 and 2 was 0." in result.says

    asyncio.run(run())


def test_a_stream_that_hangs_says_how_far_it_came() -> None:
    async def run() -> None:
        async with talking([HEAR, piece(1), piece(2)]) as url:
            result = await played(url, STREAM.format(deadline=0.5, more=""))
        assert result.outcome == "hung"
        assert result.says == (
            "nothing decided it within 0.5 s: the stream never ended; pieces that came: 2"
        )
        assert result.where.startswith("step 2 of 2: following a stream of a message with type")
        assert result.elapsed_s < 4

    asyncio.run(run())


TICK = {"type": "tick"}
RATES: dict[str, tuple[Sequence[Action], str, str]] = {
    "it is within its bounds": ((TICK,) * 4, "at-least: 5, at-most: 50", ""),
    "only what matches counts": (
        (TICK, {"type": "noise"}, TICK),
        "at-least: 5, match: {type: tick}",
        "2 messages in 0.5 s is 4 a second where 5 are the least",
    ),
    "too few come": ((TICK,), "at-least: 5", "1 messages in 0.5 s is 2 a second where 5 are the"),
    "none comes": ((), "at-least: 5", "0 messages in 0.5 s is 0 a second where 5 are the least"),
    "too many come": (
        (TICK,) * 10,
        "at-most: 10",
        "10 messages in 0.5 s is 20 a second where 10 are the most",
    ),
    "its server hangs up": (
        (TICK, TICK, TICK, Close(1000)),
        "at-least: 1",
        "s of 0.5; expected: open until we close it; it was: closed 1000",
    ),
}


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_told_in_messages_a_second(name: str) -> None:
    plays, bounds, says = RATES[name]

    async def run() -> None:
        # What comes before the time counts for nothing, so the ticks wait until it has begun.
        async with talking([TICK, HEAR, Pause(0.1), *plays]) as url:
            result = await played(url, f"steps: [{{send: go}}, {{rate: {{for: 0.5, {bounds}}}}}]")
        assert result.outcome == ("failed" if says else "passed"), result.says
        assert says in result.says

    asyncio.run(run())


def test_a_flood_is_counted_and_ends_in_time() -> None:
    async def run() -> None:
        async with talking([TICK, FOREVER]) as url:
            result = await played(url, "steps: [{rate: {for: 0.5, at-most: 1}}]\ndeadline: 5")
        assert "where 1 are the most" in result.says
        assert result.elapsed_s < 4.5

    asyncio.run(run())


KEEPING = """steps:
  - expect: {type: at}
    keep: {last: seq, of: room.id, all: room}
  - send: {after: "%{last}", text: "from %{last} in %{of}", room: "%{all}"}
  - send: plain %{last} %{ of }
  - expect: {type: resumed, after: "%{last}", of: {matches: "^%{of}$"}}
    within: 0.4
"""


def kept(said: dict[str, Any], answer: dict[str, Any]) -> tuple[str, list[str | bytes]]:
    """Give what is said of a check whose server begins so and answers so, and what it heard."""
    talker = Talker()

    async def run() -> str:
        async with talking([said, HEAR, HEAR, answer], talker=talker) as url:
            result = await played(url, KEEPING)
        return result.says

    return asyncio.run(run()), talker.heard[0]


def test_what_is_kept_is_said_and_heard_with_its_type() -> None:
    at = {"type": "at", "seq": 41, "room": {"id": "a.*b"}}
    says, heard = kept(at, {"type": "resumed", "after": 41, "of": "a.*b"})
    assert says == "open until we close it"
    assert json.loads(heard[0]) == {
        "after": 41,
        "text": "from 41 in a.*b",
        "room": {"id": "a.*b"},
    }
    assert heard[1] == "plain 41 a.*b"


@pytest.mark.parametrize("wrong", [{"after": "41"}, {"after": 40}, {"of": "axxb"}])
def test_what_is_kept_is_compared_as_it_stands(wrong: dict[str, Any]) -> None:
    at = {"type": "at", "seq": 41, "room": {"id": "a.*b"}}
    says, _ = kept(at, {"type": "resumed", "after": 41, "of": "a.*b", **wrong})
    assert says == (
        'a message with type: "resumed", after: "%{last}", of: /^%{of}$/ did not come within 0.4 s'
    )


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ({"type": "at", "seq": 1, "room": {}}, "nothing stands at 'room.id' to be kept as 'of'"),
        ({"type": "at", "seq": "x" * 5000}, "what stands at 'seq' is too large or too odd to be"),
        ({"type": "at", "seq": "\ud800"}, "what stands at 'seq' is too large or too odd to be"),
        ({"type": "at", "seq": float("inf")}, "what stands at 'seq' is too large or too odd to"),
    ],
)
def test_what_cannot_be_kept_fails(at: dict[str, Any], says: str) -> None:
    assert says in kept(at, {})[0]


def test_what_is_no_json_cannot_be_kept() -> None:
    async def run() -> None:
        async with talking(["hello"]) as url:
            result = await played(url, "steps: [{expect: hello, keep: {a: b}}]")
        assert result.says == "the message is no JSON, so nothing of it can be kept"

    asyncio.run(run())


def test_what_a_step_decided_stays_so_though_closing_lasts_beyond_the_deadline() -> None:
    async def run() -> None:
        async with talking([DEAF]) as url:
            result = await played(url, "deadline: 0.9\nsteps: [{rate: {for: 0.3, at-least: 5}}]")
        assert result.outcome == "failed"
        assert result.says == "0 messages in 0.3 s is 0 a second where 5 are the least"
        assert result.where == "step 1 of 1: counting messages for 0.3 s"

    asyncio.run(run())
