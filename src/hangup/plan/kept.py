"""Values that a check keeps from what it heard, and puts into what it says and hears later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from hangup.plan.match import ABSENT, at, decoded
from hangup.plan.words import Found, Hear, Matcher, PlanStep, Rate, Say, SayKept, Stream

NAME = r"[A-Za-z_][\w-]*"
_USE = re.compile(rf"%\{{\s*({NAME})\s*\}}")
MOST_KEPT = 4096
"""Characters of JSON that a kept value may take: who sends it may wish us ill."""


def uses(text: str) -> Iterator[str]:
    """Give the names of the kept values that stand in a text."""
    return (use[1] for use in _USE.finditer(text))


def needs_kept(step: PlanStep) -> bool:
    """Whether kept values stand in what a step says, or in the expression that it waits for."""
    match step:
        case SayKept():
            return True
        case Hear(Matcher(str() as pattern)) | Stream(_, Matcher(str() as pattern)):
            return any(uses(pattern))
    return False


class Kept:
    """What was kept so far, by its name."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

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
                return msgspec.structs.replace(step, matcher=self._matcher(matcher))
            case Stream(piece, until):
                filled = {"piece": self._matcher(piece), "until": self._matcher(until)}
                return msgspec.structs.replace(step, **filled)
            case Rate(matcher=Matcher() as matcher):
                return msgspec.structs.replace(step, matcher=self._matcher(matcher))
        return step

    def _message(self, template: object) -> str:
        if isinstance(template, str):
            return self._text(template)
        return json.dumps(self._document(template), ensure_ascii=False)

    def _matcher(self, matcher: Matcher) -> Matcher:
        pattern = None if matcher.pattern is None else self._expression(matcher.pattern)
        fields = ((self._text(path), self._wanted(value)) for path, value in matcher.fields)
        return Matcher(pattern, tuple(fields))

    def _wanted(self, value: object) -> object:
        if isinstance(value, Found):
            return Found(self._expression(value.expression))
        return self._document(value)

    def _document(self, value: object) -> object:
        if isinstance(value, str):
            whole = _USE.fullmatch(value)
            return self._values[whole[1]] if whole else self._text(value)
        if isinstance(value, Mapping):
            return {self._key(key): self._document(each) for key, each in value.items()}
        return [self._document(each) for each in value] if isinstance(value, list) else value

    def _key(self, key: object) -> object:
        return self._text(key) if isinstance(key, str) else key

    def _text(self, text: str) -> str:
        return _USE.sub(lambda use: _written(self._values[use[1]]), text)

    def _expression(self, expression: str) -> str:
        # What a peer sent is looked for as it stands: as an expression it could run away.
        return _USE.sub(lambda use: re.escape(_written(self._values[use[1]])), expression)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _can_be_said(value: object) -> bool:
    """Whether a value is bounded, and JSON can be made of it that any peer can read."""
    try:
        return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()) <= MOST_KEPT
    except (ValueError, RecursionError):
        return False
