"""Reads the steps of a check: what is said, and what must be heard."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

import yaml

from hangup.document import Fields, Nodes
from hangup.plan.fill import NAME, USE
from hangup.plan.variables import scalars_of
from hangup.plan.words import (
    Events,
    Found,
    Hear,
    Matcher,
    Pause,
    PlanStep,
    Rate,
    Reconnect,
    Say,
    SayKept,
    Silence,
    Stream,
)

VERBS = (
    "send",
    "send-base64",
    "expect",
    "events",
    "stream",
    "rate",
    "reconnect",
    "wait",
    "silence",
)
WITH = {
    "within": ("expect", "events", "stream"),
    "field": ("events",),
    "keep": ("expect",),
    "until": ("stream",),
    "first": ("stream",),
    "gap": ("stream",),
    "at-least": ("stream",),
    "number": ("stream",),
}
"""What stands with a verb, and which verbs take it."""
MOST_PIECES = 1_000_000
_RATE = "a mapping such as 'at-least: 5, for: 2'"


class StepsReader:
    """Reads the steps of one check; they know what the setup keeps, and earlier ones."""

    def __init__(self, nodes: Nodes, kept: Iterable[str] = ()) -> None:
        self._nodes = nodes
        self._kept = list(kept)

    def steps(self, node: yaml.Node) -> tuple[PlanStep, ...]:
        """Read the steps."""
        return tuple(map(self._step, self._nodes.items(node, "steps")))

    def matcher(self, node: yaml.Node, key: str) -> Matcher:
        """Read what a message must be."""
        self._check_uses(node)
        if isinstance(node, yaml.ScalarNode):
            return Matcher(pattern=self._nodes.expression(node, key))
        pairs = self._nodes.pairs(node, f"'{key}'", "an expression, or a mapping of fields")
        fields = [(self._nodes.text(name, key), self._wanted(value)) for name, value in pairs]
        if not fields:
            raise self._nodes.error(node, f"'{key}' names no field")
        return Matcher(fields=tuple(fields))

    def _wanted(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            found = self._nodes.mapping(node, ("matches",), "a field", "a value, or 'matches'")
            if "matches" in found:
                return Found(self._nodes.expression(found["matches"][1], "matches"))
        return self._nodes.plain(node)

    def _step(self, node: yaml.Node) -> PlanStep:
        nodes = self._nodes
        step = nodes.mapping(node, (*VERBS, *WITH), "a step", "a mapping such as 'send: text'")
        verbs = [key for key in step if key in VERBS]
        if len(verbs) != 1:
            found = " and ".join(verbs) or "none"
            wanted = ", ".join(VERBS)
            raise nodes.error(node, f"a step has exactly one of {wanted}; this one has {found}")
        for key in step:
            if key != verbs[0] and verbs[0] not in WITH[key]:
                takers = " and ".join(map(repr, WITH[key]))
                raise nodes.error(step[key][0], f"{key!r} belongs to {takers}, not to {verbs[0]!r}")
        return self._typed(verbs[0], step)

    def _typed(self, verb: str, step: Fields) -> PlanStep:
        nodes, value = self._nodes, step[verb][1]
        match verb:
            case "send":
                return self._said(value)
            case "send-base64":
                return Say(nodes.base64(value, verb))
            case "expect":
                matcher = self.matcher(value, verb)
                return Hear(matcher, self._seconds(step, "within"), self._keeps(step))
            case "events":
                return self._events(step)
            case "stream":
                return self._stream(step)
            case "rate":
                return self._rate(value)
            case "reconnect":
                return self._reconnect(value)
        seconds = nodes.seconds(value, verb, zero=False)
        return Pause(seconds) if verb == "wait" else Silence(seconds)

    def _said(self, node: yaml.Node) -> PlanStep:
        self._check_uses(node)
        if isinstance(node, yaml.ScalarNode):
            text = self._nodes.text(node, "send")
            return SayKept(text) if USE.search(text) is not None else Say(text)
        document = self._nodes.plain(node)
        if any(any(USE.findall(scalar.value)) for scalar in scalars_of(node, keys=True)):
            return SayKept(document)
        return Say(json.dumps(document, ensure_ascii=False))

    def _events(self, step: Fields) -> Events:
        nodes, value = self._nodes, step["events"][1]
        for scalar in scalars_of(value, keys=True):
            if any(USE.findall(scalar.value)):
                raise nodes.error(scalar, "'events' takes no kept values; 'expect' does")
        names = tuple(nodes.text(name, "events") for name in nodes.items(value, "events"))
        field = nodes.text(step["field"][1], "field") if "field" in step else "type"
        return Events(names, field, self._seconds(step, "within"))

    def _stream(self, step: Fields) -> Stream:
        nodes = self._nodes
        key, value = step["stream"]
        piece = self.matcher(value, "stream")
        if "until" not in step:
            raise nodes.error(key, "'stream' needs 'until', which says what its end is")
        least = 1
        if "at-least" in step:
            least = nodes.whole(step["at-least"][1], "at-least", 0, MOST_PIECES)
        return Stream(
            piece=piece,
            until=self.matcher(step["until"][1], "until"),
            first=self._seconds(step, "first"),
            gap=self._seconds(step, "gap"),
            least=least,
            number=nodes.text(step["number"][1], "number") if "number" in step else None,
            within=self._seconds(step, "within"),
        )

    def _rate(self, node: yaml.Node) -> Rate:
        nodes = self._nodes
        fields = nodes.mapping(node, ("at-least", "at-most", "for", "match"), "'rate'", _RATE)
        if "for" not in fields or not fields.keys() & {"at-least", "at-most"}:
            raise nodes.error(node, "'rate' needs 'for', and 'at-least' or 'at-most'")
        least, most = self._each_second(fields, "at-least"), self._each_second(fields, "at-most")
        if least is not None and most is not None and least > most:
            raise nodes.error(fields["at-least"][1], "'at-least' is more than 'at-most'")
        matcher = self.matcher(fields["match"][1], "match") if "match" in fields else None
        return Rate(nodes.seconds(fields["for"][1], "for", zero=False), least, most, matcher)

    def _each_second(self, fields: Fields, key: str) -> float | None:
        if key not in fields:
            return None
        number = self._nodes.number(fields[key][1], key)
        if number < 0 or (key == "at-least" and number == 0):
            least = "more than 0" if key == "at-least" else "at least 0"
            raise self._nodes.error(fields[key][1], f"'{key}' takes messages a second, {least}")
        return number

    def _reconnect(self, node: yaml.Node) -> Reconnect:
        nodes = self._nodes
        form = "a mapping such as 'after: 0.5', {} to connect again at once"
        fields = nodes.mapping(node, ("after", "abruptly"), "'reconnect'", form)
        after, abruptly = 0.0, False
        if "after" in fields:
            after = nodes.seconds(fields["after"][1], "after", zero=True)
        if "abruptly" in fields:
            abruptly = nodes.yes(fields["abruptly"][1], "abruptly")
        return Reconnect(after, abruptly)

    def _keeps(self, step: Fields) -> tuple[tuple[str, str], ...]:
        if "keep" not in step:
            return ()
        nodes, node = self._nodes, step["keep"][1]
        kept = []
        for key, value in nodes.pairs(node, "'keep'", "a mapping of names to paths in the message"):
            name = nodes.text(key, "keep")
            if not re.fullmatch(NAME, name):
                raise nodes.error(key, "a name is made of letters, digits, _ and -")
            kept.append((name, nodes.text(value, "keep")))
        if not kept:
            raise nodes.error(node, "'keep' names nothing")
        self._kept += [name for name, _ in kept]
        return tuple(kept)

    def _check_uses(self, node: yaml.Node) -> None:
        """Refuse a use of what nothing keeps before.

        Raises:
            DocumentError: where the text with it begins.
        """
        for scalar in scalars_of(node, keys=True):
            for name in USE.findall(scalar.value):
                if name not in self._kept:
                    near = difflib.get_close_matches(name, self._kept, n=1)
                    hint = f"; did you mean '%{{{near[0]}}}'?" if near else ""
                    raise self._nodes.error(
                        scalar, f"no 'keep' before it keeps {name[:40]!r}{hint}"
                    )

    def _seconds(self, step: Fields, key: str) -> float | None:
        return self._nodes.seconds(step[key][1], key, zero=False) if key in step else None
