"""Documents that people write: YAML, or JSON, which is YAML, whose nodes know their places."""

from __future__ import annotations

import base64
import difflib
import json
import math
from collections.abc import Iterator
from pathlib import Path

import yaml

from hangup.errors import DocumentError
from hangup.pattern import pattern_problem

MOST_BYTES = 1024 * 1024
_TAG = "tag:yaml.org,2002:"
_STR, _INT, _FLOAT, _BOOL = (_TAG + kind for kind in ("str", "int", "float", "bool"))

UNFIT = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What PyYAML raises where a tag, such as `!!bool`, does not fit what it stands before."""
MOST_DIGITS = 18

Fields = dict[str, tuple[yaml.Node, yaml.Node]]
"""The keys of a mapping, each with its own node and that of its value."""


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases: a few bytes of them can stand for gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed here", problem_mark=mark)
        return super().compose_node(parent, index)


def read_text(path: str) -> str:
    """Read a document of at most 1 MiB.

    Raises:
        DocumentError: it cannot be read, is too large or is not UTF-8.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise DocumentError(path, None, f"it cannot be read: {_reason(exc)}") from None
    if len(raw) > MOST_BYTES:
        raise DocumentError(path, None, "it is larger than 1 MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = raw[: exc.start].decode("utf-8")
        raise DocumentError(path, _place(before, len(before)), "it is not UTF-8") from None


def compose(text: str, source: str) -> yaml.Node | None:
    """Give the root node of a document, None when it is empty; `source` names it in errors.

    Raises:
        DocumentError: with line and column of what is no YAML.
    """
    text = _without_json_tabs(text)
    try:
        return _Loader(text).get_single_node()
    except yaml.reader.ReaderError as exc:
        what = "a character that YAML does not allow"
        raise DocumentError(source, _place(text, exc.position), what) from None
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        words = ", ".join(part for part in (exc.context, exc.problem) if part)
        place = (mark.line + 1, mark.column + 1) if mark else None
        raise DocumentError(source, place, words) from None
    except yaml.YAMLError as exc:
        raise DocumentError(source, None, str(exc)) from None
    except RecursionError:
        raise DocumentError(source, None, "it is nested too deeply") from None


class Nodes:
    """Reads the nodes of one document; what is not as it must be is an error with its place."""

    def __init__(self, source: str) -> None:
        self.source = source

    def mapping(self, node: yaml.Node, known: tuple[str, ...], what: str, form: str) -> Fields:
        """Give the fields of a mapping whose keys are known; `what` must be `form`."""
        found: Fields = {}
        for key, value in self.pairs(node, what, form):
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name not in known:
                raise self.error(key, unknown_key(name, known))
            found[name] = (key, value)
        return found

    def pairs(self, node: yaml.Node, what: str, form: str) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Give the keys and values of a mapping, no key twice."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"{what} must be {form}")
        seen: set[object] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is not None and name in seen:
                raise self.error(key, f"the key {name!r} is given twice")
            seen.add(name)
            yield key, value

    def items(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        """Give the items of a list that is not empty."""
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, f"'{key}' must be a list")
        if not node.value:
            raise self.error(node, f"'{key}' is empty")
        return list(node.value)

    def text(self, node: yaml.Node, key: str) -> str:
        """Give a text."""
        if not isinstance(node, yaml.ScalarNode) or node.tag != _STR:
            raise self.error(node, f"'{key}' takes text; put it in quotes")
        try:
            # JSON writes characters beyond U+FFFF as two surrogates; PyYAML leaves them apart.
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError:
            raise self.error(node, f"'{key}' holds half of a surrogate pair") from None

    def base64(self, node: yaml.Node, key: str) -> bytes:
        """Give the bytes that a text holds in base64."""
        try:
            return base64.b64decode("".join(self.text(node, key).split()), validate=True)
        except ValueError:
            raise self.error(node, f"'{key}' is not valid base64") from None

    def expression(self, node: yaml.Node, key: str) -> str:
        """Give a regular expression that compiles."""
        expression = self.text(node, key)
        problem = pattern_problem(expression)
        if problem:
            raise self.error(node, f"'{key}' is no regular expression: {problem}")
        return expression

    def seconds(self, node: yaml.Node, key: str, *, zero: bool) -> float:
        """Give a number of seconds, above 0 or at least 0."""
        if not isinstance(node, yaml.ScalarNode) or node.tag not in (_INT, _FLOAT):
            raise self.error(node, f"'{key}' takes a number of seconds")
        try:
            seconds = float(node.value)
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds) or seconds < 0 or (seconds == 0 and not zero):
            least = "at least 0" if zero else "more than 0"
            raise self.error(node, f"'{key}' takes a plain number of seconds, {least}")
        return seconds

    def number(self, node: yaml.Node, key: str) -> float:
        """Give a number."""
        if isinstance(node, yaml.ScalarNode) and node.tag in (_INT, _FLOAT):
            try:
                number = float(node.value)
            except ValueError:
                number = math.nan
            if math.isfinite(number):
                return number
        raise self.error(node, f"'{key}' takes a plain number")

    def plain(self, node: yaml.Node) -> object:
        """Give what a node holds as JSON could hold it.

        Raises:
            DocumentError: it is something else, a date say.
        """
        try:
            value = yaml.constructor.SafeConstructor().construct_document(node)
            json.dumps(value, allow_nan=False)
        except (yaml.YAMLError, RecursionError, *UNFIT):
            raise self.error(node, "it holds what JSON cannot hold; put it in quotes") from None
        return value

    def whole(self, node: yaml.Node, key: str, least: int, most: int) -> int:
        """Give a whole number between two."""
        if isinstance(node, yaml.ScalarNode) and node.tag == _INT and node.value.isdecimal():
            number = int(node.value) if len(node.value) <= MOST_DIGITS else -1
            if least <= number <= most:
                return number
        raise self.error(node, f"'{key}' takes a whole number from {least} to {most}")

    def yes(self, node: yaml.Node, key: str) -> bool:
        """Give true or false."""
        known = yaml.constructor.SafeConstructor.bool_values
        if not isinstance(node, yaml.ScalarNode) or node.tag != _BOOL:
            raise self.error(node, f"'{key}' takes true or false")
        if node.value.lower() not in known:
            raise self.error(node, f"'{key}' takes true or false")
        return known[node.value.lower()]

    def error(self, node: yaml.Node, what: str) -> DocumentError:
        """Say what is wrong where a node begins."""
        mark = node.start_mark
        return DocumentError(self.source, (mark.line + 1, mark.column + 1), what)


def unknown_key(name: str | None, known: tuple[str, ...]) -> str:
    """Say that a key is unknown, with the nearest right one."""
    if name is None:
        return f"a key must be one of {', '.join(known)}"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    return f"unknown key {name[:40]!r}; {hint}"


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
