"""Whether the answer depends on the message: another one is said in place of the last."""

from __future__ import annotations

from hangup.conversation import Conversation, Send
from hangup.ending import Ending
from hangup.experiments.experiment import Bench, Experiment, opened
from hangup.experiments.scripts import QUIET, converse, expected_within, reply_within
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script
from hangup.signs.differently import AGAIN, OTHER, OTHER_AGAIN, answer_in, told, unanswered

LONGEST = 3.0
"""Seconds for which the rest of an answer is waited for at most."""


async def _differently(bench: Bench) -> None:
    """Say the last message again and the other one twice, to see also what differs by itself."""
    text = bench.inquiry.differently
    assert text is not None
    last = bench.inquiry.conversation.sends[-1].data
    for variant, data in ((AGAIN, last), (OTHER, text), (OTHER_AGAIN, text)):
        await bench.dial(variant, script=_saying(bench, data))


def _saying(bench: Bench, data: str | bytes) -> Script:
    """Play the conversation up to its last message, which is another one, and listen."""
    steps = bench.inquiry.conversation.steps
    last = max(place for place, step in enumerate(steps) if isinstance(step, Send))
    return converse(
        bench.inquiry.endpoint,
        Conversation((*steps[:last], Send(data))),
        quiet=min(LONGEST, _span(bench) + QUIET),
        expected=expected_within(bench),
        reply=reply_within(bench),
    )


def _span(bench: Bench) -> float:
    """Give the seconds from the first to the last message of the baseline's answer."""
    found = answer_in(bench.baseline_trace) if bench.baseline_trace else None
    return found.frames[-1].at - found.frames[0].at if found and found.frames else 0.0


def _can_differ(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and baseline.opened and not baseline.works:
        return "the conversation itself does not work"
    if not inquiry.differently:
        return opened(inquiry, baseline) or "needs --differently"
    return opened(inquiry, baseline) if inquiry.conversation.sends else "needs --send"


EXPERIMENTS = (
    Experiment(
        "differently",
        "Is another message answered otherwise?",
        _differently,
        lambda _: 3,
        2.0,
        _can_differ,
        needless=lambda record, _: unanswered(record) or None,
        exclusive=True,
        patient=True,
        told=told,
    ),
)
