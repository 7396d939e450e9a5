"""The sign of another message: whether its answer is another than the last one's.

The last message and the other one are each said twice. What differs between two answers to the
same message differs by itself, so it tells nothing of what differs between answers to both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from hangup.event import FrameReceived, FrameSent
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite
from hangup.signs.volatile import without_ids
from hangup.trace import Trace

AGAIN, OTHER, OTHER_AGAIN = "the same again", "another message", "the other again"
"""The variants: what the baseline said last once more, and the other message twice."""
PROSE = 3
"""Words from which a value is a content, and no mere name of a kind or a user."""
LONG = 3
"""Characters from which a part of a message is looked for inside of an answer."""
QUOTED = 60
"""Characters of a value that are quoted."""

Key = tuple[int, str]
Values = tuple[str, str, str, str]
"""One value of the answers to the message, twice, and of those to the other one, twice."""


class Answer(Struct, frozen=True):
    """What was said last on a connection, and what came after it."""

    trace: Trace
    said: FrameSent
    frames: list[FrameReceived]


def answer_in(trace: Trace) -> Answer | None:
    """Give the answer to the last message of a connection, None where none was said."""
    said = [e for e in trace.all(FrameSent) if e.opcode in ("text", "binary")]
    if not said:
        return None
    heard = (e for e in trace.all(FrameReceived) if e.opcode in ("text", "binary"))
    return Answer(trace, said[-1], [e for e in heard if e.at >= said[-1].at])


def unanswered(record: Record) -> str:
    """Say why there is no answer to hold another one against; nothing when there is one."""
    found = answer_in(record.baseline[0]) if record.baseline else None
    return "" if found and found.frames else "no reply came"


def _differently(record: Record) -> Reading | None:
    runs = {trace.variant: trace for trace, _ in record.of("differently")}
    base = record.baseline
    if not base or any(name not in runs for name in (AGAIN, OTHER, OTHER_AGAIN)):
        return None
    traces = (base[0], *(runs[name] for name in (AGAIN, OTHER, OTHER_AGAIN)))
    found = [answer for trace in traces if (answer := answer_in(trace))]
    if len(found) < len(traces) or not all(answer.frames for answer in found[:2]):
        return None
    mute = next((answer for answer in found[2:] if not answer.frames), None)
    if mute:
        ending = record.ending(mute.trace)
        return cite(mute.trace, "nothing", f"no answer to the other message: {ending.words}")
    return _compared(found)


def _compared(found: Sequence[Answer]) -> Reading | None:
    """Hold the four answers against each other, value by value."""
    mine, other = _parts(found[0].said), _parts(found[2].said)
    echoed, constant = False, list[str]()
    for key, values in _aligned(found):
        if not _differ(values):
            constant += [values[0]] if values[0] in values[2:] else []
        elif _differ(_unsaid(values, mine, other)):
            says = f"{values[0][:QUOTED]!r} to yours, {values[2][:QUOTED]!r} to the other"
            return cite(found[2].trace, "differs", says, found[2].frames[key[0]])
        else:
            echoed = True
            constant += [_unsaid(values, mine, other)[0]]
    return _alike(found[2], constant, echoed=echoed)


def _alike(other: Answer, constant: Sequence[str], *, echoed: bool) -> Reading | None:
    """Tell content that is the same from an answer that holds nothing but its question."""
    content = max(constant, key=lambda value: len(value.split()), default="")
    frame = other.frames[0]
    if echoed and len(content.split()) < PROSE:
        says = "the answers differ only in the message that they repeat"
        return cite(other.trace, "only-echo", says, frame)
    if not any(character.isalpha() for character in content):
        return None  # nothing was said that could be compared
    but = ", but for the message that it repeats" if echoed else ""
    says = f"the answer to the other message is the same{but}: {content[:QUOTED]!r}"
    return cite(other.trace, "same", says, frame)


def _aligned(found: Sequence[Answer]) -> Iterator[tuple[Key, Values]]:
    """Give each value of the messages that all four answers have, ids and times taken out."""
    common = min(len(answer.frames) for answer in found)
    for place in range(common):
        leaves = [_leaves(answer.frames[place].data) for answer in found]
        for path in dict.fromkeys(path for each in leaves for path in each):
            one, two, three, four = (without_ids(each.get(path, "")) for each in leaves)
            yield (place, path), (one, two, three, four)


def _differ(values: Values) -> bool:
    """Whether a value depends on the message, and does not differ by itself alone."""
    one, two, three, four = (value.split() for value in values)
    if len(one) == len(two) == len(three) == len(four):
        rows = list(zip(one, two, three, four, strict=True))
        if any(a == b and c == d and a != c for a, b, c, d in rows):
            return True
        return len(rows) >= PROSE and not any(a == b == c == d for a, b, c, d in rows)
    return not {values[0], values[1]} & {values[2], values[3]}


def _unsaid(values: Values, mine: Sequence[str], other: Sequence[str]) -> Values:
    """Take out of each answer what it repeats of its message."""
    one, two, three, four = values
    return _without(one, mine), _without(two, mine), _without(three, other), _without(four, other)


def _without(value: str, parts: Sequence[str]) -> str:
    if value in parts:
        return ""
    for part in parts:
        value = value.replace(part, "") if len(part) >= LONG else value
    return value


def _parts(said: FrameSent) -> list[str]:
    """Give a message and the values in it, the longest first, as answers would repeat them."""
    text = said.data.decode("utf-8", "replace")
    found = {without_ids(each) for each in (text, *_leaves(said.data).values())}
    return sorted(found - {""}, key=len, reverse=True)


def _leaves(data: bytes) -> Mapping[str, str]:
    """Give the values in a message by their paths; what is no JSON is one value."""
    text = data.decode("utf-8", "replace")
    try:
        return dict(_flat(json.loads(text), ""))
    except (ValueError, RecursionError):
        return {"": text}


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _flat(each, f"{path}[{place}]")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def told(record: Record) -> str:
    """Tell in a few words how the answers differ; empty when it cannot be said."""
    reading = _differently(record)
    return reading.says if reading else ""


SIGNS = (
    Sign(
        "differently",
        "Is another message answered otherwise?",
        "differently",
        {"differs": 9, "only-echo": 0.7, "nothing": 0.3, "same": 0.05},
        _differently,
    ),
)
