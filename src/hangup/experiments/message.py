"""What each message does: alone, late, as the other type, smaller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hangup.conversation import Conversation, Send, Step, Wait
from hangup.ending import Ending, ending_of
from hangup.experiments.experiment import Bench, Experiment, one, opened
from hangup.experiments.scripts import (
    QUIET,
    REPLY,
    SETTLE,
    authenticate,
    converse,
    expected_within,
    honest,
    reply_within,
    watched_for,
)
from hangup.inquiry import Inquiry
from hangup.signs.beginning import begins_late
from hangup.signs.message import BIG
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

DELAYS = (0.0, 0.2, 1.0)
APART = 1.0
"""Seconds between two messages, in which a subscription should have taken effect."""
MOST_MESSAGES = 5
PONG, PAUSE = 0.6, 0.15
"""Seconds that a pong may take while a message is worked on, and between two pings."""
WORKED = 700.0
"""Milliseconds from a message to the end that are work, and not only a failure."""


async def _each(bench: Bench) -> None:
    """Send each message of the conversation alone, so that its effect stands alone too."""
    endpoint = bench.inquiry.endpoint
    sends = bench.inquiry.conversation.sends[:MOST_MESSAGES]
    await asyncio.gather(
        *(
            bench.dial(
                f"message {number}",
                script=converse(
                    endpoint,
                    Conversation((send,)),
                    quiet=watched_for(bench),
                    reply=reply_within(bench),
                ),
            )
            for number, send in enumerate(sends, start=1)
        )
    )


async def _delays(bench: Bench) -> None:
    """Speak at once; where the baseline failed, or began otherwise, also later than it did."""
    base = bench.baseline_trace
    if base is None or bench.baseline is None or not bench.baseline.works:
        await _after(bench, *DELAYS)
        return
    (at_once,) = await _after(bench, DELAYS[0])
    if begins_late(at_once, base):
        await _after(bench, *DELAYS[1:])


async def _after(bench: Bench, *delays: float) -> list[Trace]:
    return await asyncio.gather(
        *(bench.dial(f"after {delay:g} s", script=honest(bench, settle=delay)) for delay in delays)
    )


async def _pauses(bench: Bench) -> None:
    """Say each message but the first one only after a pause."""
    script = converse(
        bench.inquiry.endpoint,
        Conversation(tuple(_apart(bench.inquiry.conversation.steps))),
        quiet=watched_for(bench),
        expected=expected_within(bench),
        reply=reply_within(bench),
    )
    await bench.dial(f"{APART:g} s apart", script=script)


def _apart(steps: Sequence[Step]) -> Iterator[Step]:
    said = False
    for step in steps:
        if isinstance(step, Send) and said:
            yield Wait(APART)
        said = said or isinstance(step, Send)
        yield step


async def _other_type(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint
    flipped = tuple(
        Send(_flip(step.data)) if isinstance(step, Send) else step
        for step in bench.inquiry.conversation.steps
    )
    script = converse(endpoint, Conversation(flipped), expected=expected_within(bench))
    await bench.dial("text and binary swapped", script=script)


async def _smaller(bench: Bench) -> None:
    """Halve the biggest message until it passes: which size is the limit, roughly."""
    endpoint = bench.inquiry.endpoint
    for data in _halves(max((s.data for s in bench.inquiry.conversation.sends), key=len)):
        script = converse(endpoint, Conversation((Send(data),)), quiet=watched_for(bench))
        trace = await bench.dial(f"{len(data)} bytes", script=script)
        if ending_of(trace).works:
            return


async def _while_working(bench: Bench) -> None:
    """Say everything, and ping until the end: who works on a message in a task hears pings."""
    endpoint = bench.inquiry.endpoint

    async def script(session: Session) -> None:
        await session.listen(SETTLE)
        await authenticate(session, endpoint)
        for send in bench.inquiry.conversation.sends:
            await session.send(send.data)
        loop = asyncio.get_running_loop()
        until = loop.time() + watched_for(bench)
        while not session.closed and (left := until - loop.time()) > 0:
            await session.ping(b"hangup", min(PONG, left))
            await session.listen(min(PAUSE, left))

    await bench.dial(script=script)


def _flip(data: str | bytes) -> str | bytes:
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "replace")


def _halves(data: str | bytes) -> Iterator[str | bytes]:
    for _ in range(6):
        data = data[: len(data) // 2]
        if data:
            yield data


def _has_sends(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    return opened(inquiry, baseline) if inquiry.conversation.sends else "needs --send"


def _has_several(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if len(inquiry.conversation.sends) == 1:
        return "there is only one message"
    return _has_sends(inquiry, baseline)


def _fails_on_send(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and baseline.works:
        return "the messages are accepted"
    return _has_sends(inquiry, baseline)


def _ended_after_work(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    closure = baseline.closure if baseline else None
    if baseline is None or closure is None or not baseline.cut_short or not closure.messages_sent:
        return "no message was followed by the end"
    if closure.elapsed_ms < WORKED:
        return "the end came at once"
    return _has_sends(inquiry, baseline)


def _is_big(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not any(len(send.data) > BIG for send in inquiry.conversation.sends):
        return f"no message is over {BIG} bytes"
    return _fails_on_send(inquiry, baseline)


EXPERIMENTS = (
    Experiment(
        "messages",
        "What does each message do alone?",
        _each,
        lambda inquiry: min(MOST_MESSAGES, len(inquiry.conversation.sends)),
        0.1 + REPLY,
        _has_sends,
    ),
    Experiment(
        "delay",
        "Does it matter how soon the first message comes?",
        _delays,
        lambda _: len(DELAYS),
        max(DELAYS) + QUIET,
        _has_sends,
        patient=True,
    ),
    Experiment(
        "pauses",
        "Does it matter how soon messages follow each other?",
        _pauses,
        one,
        APART + QUIET,
        _has_several,
    ),
    Experiment(
        "other-type",
        "Does it matter whether messages are text or binary?",
        _other_type,
        lambda _: 1,
        0.1 + REPLY,
        _fails_on_send,
    ),
    Experiment(
        "while-working",
        "Does it hear pings while it works on a message?",
        _while_working,
        one,
        2.0,
        _ended_after_work,
    ),
    Experiment(
        "smaller",
        "From what size on does it break?",
        _smaller,
        lambda _: 6,
        2.0,
        _is_big,
        patient=True,
    ),
)
