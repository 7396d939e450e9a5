"""Values that a check keeps from what it heard, and puts into what it says and hears later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from hangup.plan.fill import USE, fill, fill_expression, fill_text
from hangup.plan.match import ABSENT, at, decoded
from hangup.plan.words import Found, Hear, Matcher, PlanStep, Rate, Say, SayKept, Stream

MOST_KEPT = 4096
"""Characters of JSON that a kept value may take: who sends it may wish us ill."""


def needs_kept(step: PlanStep) -> bool:
    """Whether kept values stand in what a step says, or in the expression that it waits for."""
    match step:
        case SayKept():
            return True
        case Hear(Matcher(str() as pattern)) | Stream(_, Matcher(str() as pattern)):
            return USE.search(pattern) is not None
    return False


class Kept:
    """What was kept so far, by its name."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self._values = dict(values or {})

    def keep(self, names: Iterable[tuple[str, str]], message: str | bytes) -> str:
        """Keep what stands at each name's path, and say what is wrong; nothing when all is well."""
        document = decoded(message)
        if names and document is ABSENT:
            return "the message is no JSON, so nothing of it can be kept"
        for name, path in names:
            value = at(document, path)
            if value is ABSENT:
                return f"nothing stands at {path!r} to be kept as {name!r}"
            if not _can_be_said(value):
                return f"what stands at {path!r} is too large or too odd to be kept as {name!r}"
            self._values[name] = value
        return ""

    def into(self, step: PlanStep) -> PlanStep:
        """Give a step with the kept values in it."""
        match step:
            case SayKept(template):
                return Say(self._message(template))
            case Hear(matcher):
                return msgspec.structs.replace(step, matcher=self.filled(matcher))
            case Stream(piece, until):
                filled = {"piece": self.filled(piece), "until": self.filled(until)}
                return msgspec.structs.replace(step, **filled)
            case Rate(matcher=Matcher() as matcher):
                return msgspec.structs.replace(step, matcher=self.filled(matcher))
        return step

    def _message(self, template: object) -> str:
        if isinstance(template, str):
            return fill_text(template, self._values)
        return json.dumps(fill(template, self._values), ensure_ascii=False)

    def filled(self, matcher: Matcher) -> Matcher:
        """Give what a message must be with the kept values in it."""
        kept, pattern = self._values, matcher.pattern
        fields = ((fill_text(path, kept), self._wanted(value)) for path, value in matcher.fields)
        return Matcher(None if pattern is None else fill_expression(pattern, kept), tuple(fields))

    def _wanted(self, value: object) -> object:
        if isinstance(value, Found):
            return Found(fill_expression(value.expression, self._values))
        return fill(value, self._values)


def _can_be_said(value: object) -> bool:
    """Whether a value is bounded, and JSON can be made of it that any peer can read."""
    try:
        return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()) <= MOST_KEPT
    except (ValueError, RecursionError):
        return False
