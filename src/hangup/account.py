"""What one run saw, told in a few words: how a case ended, and how far a healthy look went."""

from __future__ import annotations

from hangup.closure import Closure
from hangup.ending import EARLY, Ending
from hangup.event import CredentialUsed, FrameSent, Matched
from hangup.record import Record
from hangup.signs.slow_reader import keeps, unsaid
from hangup.trace import Trace


def ending_words(base: tuple[Trace, Ending] | None) -> str:
    """Say how the baseline ended, and at what age where somebody else ended it."""
    if base is None:
        return "nothing was recorded"
    ending = base[1]
    if ending.closure is None or not ending.cut_short:
        return ending.words
    return f"{ending.words} {_age(ending.closure)}"


def healthy_look(record: Record) -> str:
    """Say how many messages were answered, and for how long a silent connection was watched."""
    base = record.baseline
    said = [_answered(base[0])] if base else []
    watched = max((e.lived for _, e in silent(record) if e.works), default=0.0)
    said += [f"silence was watched for {span(watched)}"] if watched else []
    said += ["a slow reader got all in the end"] if keeps(record) else []
    return ", and ".join(each for each in said if each) or ending_words(base)


def slow_look(record: Record) -> tuple[str, ...]:
    """Say why a slow reader showed nothing, where one was asked for."""
    said = unsaid(record)
    return (f"Of the slow reader {said}.",) if said else ()


def silent(record: Record) -> list[tuple[Trace, Ending]]:
    """Give the connections on which nothing was said, a baseline without a conversation too."""
    base = record.baseline
    alone = [base] if base and not messages_sent(base[0]) else []
    return [*record.of("idle"), *alone]


def messages_sent(trace: Trace) -> int:
    """Count the messages of a conversation; a credential that travels as one is none of them."""
    sent = sum(e.opcode in ("text", "binary") and e.fin for e in trace.all(FrameSent))
    return max(0, sent - credential_sent(trace))


def credential_sent(trace: Trace) -> bool:
    """Whether the credential travelled as the first message."""
    return any(used.place == "message" for used in trace.all(CredentialUsed))


def span(seconds: float) -> str:
    """Give a duration for a sentence: `0.4 ms`, `30 ms`, `1.9 s`."""
    if seconds < 0.00995:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.95 else f"{seconds:.1f} s"


def _answered(trace: Trace) -> str:
    sent, came = messages_sent(trace), len(trace.all(Matched))
    if sent and came:
        both = min(sent, came)
        return "1 message was answered" if both == 1 else f"{both} messages were answered"
    return f"{came} expected {'message' if came == 1 else 'messages'} came" if came else ""


def _age(closure: Closure) -> str:
    age = span(closure.elapsed_ms / 1000)
    kind, _, number = closure.after.partition(":")
    if kind == "idle" or (kind == "upgrade" and closure.elapsed_ms > EARLY * 1000):
        return f"after {age} of silence"
    return f"{age} after {f'our message {number}' if number else 'the upgrade'}"
