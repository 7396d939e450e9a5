"""Conditions under which a run counts as failed, such as `p99>250ms`."""

from __future__ import annotations

import difflib
import operator
import re
from dataclasses import dataclass
from itertools import chain

from hangup.errors import UsageError
from hangup.load.document import LoadReport, Threshold
from hangup.load.quantities import QUANTITIES, Quantity

OPERATORS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}
_SCALE = {"us": 1000.0, "ms": 1.0, "s": 0.001}
"""What a number of milliseconds is multiplied by; all else stands in its own unit."""
_CONDITION = re.compile(r"\s*([\w.-]+)\s*(>=|<=|==|>|<)\s*([^\s<>=].*?)\s*")
_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([^\s\d.]*)")
_FORM = "write it as a name, one of > >= < <= == and a number, such as 'p99>250ms'"


@dataclass(frozen=True, slots=True)
class Condition:
    """A quantity, held against a limit in a unit; `name` is as written."""

    text: str
    quantity: Quantity
    name: str
    operator: str
    limit: float
    unit: str

    def judge(self, report: LoadReport) -> Threshold:
        """Say whether the run failed by it, with what was found in the unit of the condition.

        A run that has no such value has failed: a check that cannot tell is no pass.
        """
        value = self._value(report)
        failed = value is None or OPERATORS[self.operator](value, self.limit)
        return Threshold(text=self.text, value=value, failed=failed)

    def _value(self, report: LoadReport) -> float | None:
        member = self.name.partition(".")[2]
        value = self.quantity.of(report, member)
        if value is None or self.unit != "%":
            return value and value * _SCALE.get(self.unit, 1.0)
        whole = self.quantity.whole(report, member) if self.quantity.whole else None
        return 100 * value / whole if whole else None if value else 0.0


def parse(text: str) -> Condition:
    """Read a condition: a name, an operator, and a number with its unit.

    Raises:
        UsageError: it cannot be used; says why, and what comes near.
    """
    match = _CONDITION.fullmatch(text)
    if not match:
        raise _unusable(text, _FORM)
    name, sign, limit = match.groups()
    quantity = _known(text, name)
    number = _NUMBER.fullmatch(limit)
    if not number:
        raise _unusable(text, f"{limit[:40]!r} is no plain number with a unit")
    unit = "us" if number[2] == "µs" else number[2]
    if unit not in quantity.units:
        raise _unusable(text, f"{name!r} takes {_units(quantity)}")
    return Condition(text.strip(), quantity, name, sign, float(number[1]), unit)


def _known(text: str, name: str) -> Quantity:
    for quantity in QUANTITIES:
        if name in quantity.names:
            return quantity
    # Of four thousand close codes none is nearer than another.
    told = [[q.name] if q.name == "closed.CODE" else q.names for q in QUANTITIES]
    near = difflib.get_close_matches(name[:60], chain.from_iterable(told), n=1)
    known = ", ".join(quantity.name for quantity in QUANTITIES)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {known}"
    raise _unusable(text, f"no name {name[:60]!r}; {hint}")


def _units(quantity: Quantity) -> str:
    *others, last = [unit or "a plain number" for unit in quantity.units]
    said = f"{', '.join(others)} or {last}" if others else last
    return said if "" in quantity.units else f"a number in {said}"


def _unusable(text: str, why: str) -> UsageError:
    return UsageError(f"--fail-if {text[:60]!r}: {why}")
