"""Reads scenario files: a conversation in YAML, or in JSON, which is YAML.

steps:
  - send: '{"type": "hello"}'
  - expect: '"type": *"welcome"'
    within: 2
  - send-base64: AAEC
  - wait: 0.5
"""

from __future__ import annotations

import base64
import difflib
import json
import math
from pathlib import Path

import yaml

from hangup.conversation import Conversation, Expect, Send, Step, Wait
from hangup.errors import ScenarioError
from hangup.pattern import pattern_problem

MOST_BYTES = 1024 * 1024
VERBS = ("send", "send-base64", "expect", "wait")
_KEYS = (*VERBS, "within")
_STR, _INT, _FLOAT = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float"))


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases: a few bytes of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed here", problem_mark=mark)
        return super().compose_node(parent, index)


def read_scenario(path: str) -> Conversation:
    """Read a scenario file of at most 1 MiB.

    Raises:
        ScenarioError: with file, line and column of what is wrong.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise ScenarioError(path, None, f"it cannot be read: {_reason(exc)}") from None
    if len(raw) > MOST_BYTES:
        raise ScenarioError(path, None, "it is larger than 1 MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = raw[: exc.start].decode("utf-8")
        raise ScenarioError(path, _place(before, len(before)), "it is not UTF-8") from None
    return parse_scenario(text, path)


def parse_scenario(text: str, source: str) -> Conversation:
    """Parse a scenario; `source` names it in errors.

    Raises:
        ScenarioError: with line and column of what is wrong.
    """
    root = _compose(_without_json_tabs(text), source)
    if root is None:
        raise ScenarioError(source, (1, 1), "the scenario is empty")
    return _Reader(source).conversation(root)


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except yaml.reader.ReaderError as exc:
        what = "a character that YAML does not allow"
        raise ScenarioError(source, _place(text, exc.position), what) from None
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        words = ", ".join(part for part in (exc.context, exc.problem) if part)
        place = (mark.line + 1, mark.column + 1) if mark else None
        raise ScenarioError(source, place, words) from None
    except yaml.YAMLError as exc:
        raise ScenarioError(source, None, str(exc)) from None
    except RecursionError:
        raise ScenarioError(source, None, "it is nested too deeply") from None


def _without_json_tabs(text: str) -> str:
    """Replace tabs between JSON tokens, which PyYAML refuses; inside JSON strings none can be."""
    if "\t" not in text:
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _reason(exc: OSError | ValueError) -> str:
    text = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return text[:1].lower() + text[1:]


class _Reader:
    """Turns composed nodes, which still know their places, into steps."""

    def __init__(self, source: str) -> None:
        self._source = source

    def conversation(self, root: yaml.Node) -> Conversation:
        """Give the conversation of a whole document."""
        top = self._mapping(root, ("steps",), "the scenario", "a mapping with the key 'steps'")
        if "steps" not in top:
            raise self._error(root, "the key 'steps' is missing")
        steps = top["steps"][1]
        if not isinstance(steps, yaml.SequenceNode):
            raise self._error(steps, "'steps' must be a list")
        if not steps.value:
            raise self._error(steps, "'steps' is empty")
        return Conversation(tuple(self._step(node) for node in steps.value))

    def _step(self, node: yaml.Node) -> Step:
        step = self._mapping(node, _KEYS, "a step", "a mapping such as 'send: text'")
        verbs = [key for key in step if key in VERBS]
        if len(verbs) != 1:
            found = " and ".join(verbs) or "none"
            wanted = ", ".join(VERBS)
            raise self._error(node, f"a step has exactly one of {wanted}; this one has {found}")
        verb = verbs[0]
        if "within" in step and verb != "expect":
            raise self._error(step["within"][0], f"'within' belongs to 'expect', not to '{verb}'")
        return self._typed(verb, step[verb][1], step["within"][1] if "within" in step else None)

    def _typed(self, verb: str, value: yaml.Node, within: yaml.Node | None) -> Step:
        if verb == "send":
            return Send(self._text(value, verb))
        if verb == "send-base64":
            return Send(self._base64(value))
        if verb == "wait":
            return Wait(self._seconds(value, verb, zero=True))
        seconds = self._seconds(within, "within", zero=False) if within else None
        return Expect(self._pattern(value), seconds)

    def _mapping(
        self, node: yaml.Node, known: tuple[str, ...], what: str, form: str
    ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} must be {form}")
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name not in known:
                raise self._error(key, _unknown(name, known))
            if name in found:
                raise self._error(key, f"the key {name!r} is given twice")
            found[name] = (key, value)
        return found

    def _text(self, node: yaml.Node, verb: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _STR:
            raise self._error(node, f"'{verb}' takes text; put it in quotes")
        try:
            # JSON writes characters beyond U+FFFF as two surrogates; PyYAML leaves them apart.
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            raise self._error(node, f"'{verb}' holds half of a surrogate pair") from None

    def _base64(self, node: yaml.Node) -> bytes:
        text = self._text(node, "send-base64")
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            raise self._error(node, "'send-base64' is not valid base64") from None

    def _pattern(self, node: yaml.Node) -> str:
        pattern = self._text(node, "expect")
        problem = pattern_problem(pattern)
        if problem:
            raise self._error(node, f"'expect' is no regular expression: {problem}")
        return pattern

    def _seconds(self, node: yaml.Node, key: str, *, zero: bool) -> float:
        if not isinstance(node, yaml.ScalarNode) or node.tag not in (_INT, _FLOAT):
            raise self._error(node, f"'{key}' takes a number of seconds")
        try:
            seconds = float(node.value)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds) or seconds < 0 or (seconds == 0 and not zero):
            least = "at least 0" if zero else "more than 0"
            raise self._error(node, f"'{key}' takes a plain number of seconds, {least}")
        return seconds

    def _error(self, node: yaml.Node, what: str) -> ScenarioError:
        mark = node.start_mark
        return ScenarioError(self._source, (mark.line + 1, mark.column + 1), what)


def _unknown(name: str | None, known: tuple[str, ...]) -> str:
    if name is None:
        return f"a key must be one of {', '.join(known)}"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"unknown key {name[:40]!r}; {hint}"
