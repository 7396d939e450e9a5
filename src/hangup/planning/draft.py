"""A plan that is being written: its head, and checks that each say why they are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hangup.planning.written import DOLLAR, Filled, comment, flow, quoted, scalar

INDENT = "      "


@dataclass(slots=True)
class Entry:
    """One check: why it is there, its further keys as lines, and its control.

    Where `doubt` says something the check is written as a comment, after that reason.
    """

    name: str
    why: str
    keys: tuple[str, ...] = ()
    control: str = ""
    doubt: str = ""

    def lines(self, doubt: str, standing: Iterable[str]) -> Iterator[str]:
        """Give the lines; `standing` names the checks that are written as such."""
        yield from comment(self.why)
        if doubt:
            yield from comment(f"Not checked: {doubt}")
        mark = "# " if doubt else ""
        yield f"{mark}- name: {scalar(self.name)}"
        if self.control and self.control in standing:
            yield f"{mark}  control: {scalar(self.control)}"
        yield from (f"{mark}  {line}" for line in self.keys)


@dataclass(slots=True)
class Draft:
    """A whole plan; `head` are comments, `top` lines of YAML, `phases` its checks by phase."""

    head: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    users: dict[str, list[str]] = field(default_factory=dict)
    phases: dict[str, list[Entry]] = field(default_factory=dict)
    tail: list[str] = field(default_factory=list)

    def add(self, phase: str, entry: Entry) -> None:
        """Add a check to a phase."""
        self.phases.setdefault(phase, []).append(entry)

    def text(self, doubts: Mapping[str, str] | None = None) -> str:
        """Give the file; checks that `doubts` names are comments with the reason it gives."""
        doubts = doubts or {}
        body = [*self._users(), *self._phases(doubts), *self.tail]
        variables = dict(self.variables)
        if any(f"${{{DOLLAR}}}" in line for line in (*body, *self.top)):
            variables[DOLLAR] = "$"
        return "\n".join([*self._head(variables), *body]) + "\n"

    def _head(self, variables: Mapping[str, str]) -> Iterator[str]:
        for each in self.head:
            yield from comment(each)
        if variables:
            yield "variables:"
            yield from (f"  {name}: {_variable(text)}" for name, text in variables.items())
        yield from self.top

    def _users(self) -> Iterator[str]:
        if self.users:
            yield "users:"
        for lines in self.users.values():
            yield from (f"  {line}" for line in lines)

    def _phases(self, doubts: Mapping[str, str]) -> Iterator[str]:
        standing = [
            entry.name
            for entries in self.phases.values()
            for entry in entries
            if not (entry.doubt or doubts.get(entry.name))
        ]
        yield "phases:"
        for phase, entries in self.phases.items():
            alive = any(entry.name in standing for entry in entries)
            if alive:
                yield f"  - name: {scalar(phase)}"
                yield "    checks:"
            for entry in entries:
                doubt = entry.doubt or doubts.get(entry.name, "")
                yield from (INDENT + line for line in entry.lines(doubt, standing))

    @property
    def checks(self) -> list[Entry]:
        """All checks that are none in doubt."""
        return [each for entries in self.phases.values() for each in entries if not each.doubt]


def _variable(text: str) -> str:
    """Give a variable's text; `${env:NAME}` and other variables in it stand."""
    return scalar(text) if "$" not in text else quoted(text, filled=True)


def send(value: object) -> str:
    """Give the line of a step that says something: text, or what is sent as JSON."""
    plain = isinstance(value, str) and not isinstance(value, Filled)
    return f"- send: {quoted(str(value)) if plain else flow(value)}"


def expect(wanted: str, within: float = 5.0) -> tuple[str, str]:
    """Give the lines of a step that waits for a message, so many seconds at most."""
    return f"- expect: {wanted}", f"  within: {within:g}"
