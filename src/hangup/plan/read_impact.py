"""Reads which capabilities a plan's checks stand for."""

from __future__ import annotations

import difflib
from collections.abc import Collection

import yaml

from hangup.document import Fields, Nodes
from hangup.plan.words import Impact

KEYS = ("capability", "checks", "amount", "unit")


def read_impact(nodes: Nodes, node: yaml.Node, known: Collection[str]) -> tuple[Impact, ...]:
    """Read the list of capabilities; `known` are the names of the plan's checks.

    Raises:
        DocumentError: with line and column of what is wrong.
    """
    found: dict[str, Impact] = {}
    for item in nodes.items(node, "impact"):
        impact = _impact(nodes, item, known)
        if impact.capability in found:
            raise nodes.error(item, f"a second capability is named {impact.capability!r}")
        found[impact.capability] = impact
    return tuple(found.values())


def _impact(nodes: Nodes, node: yaml.Node, known: Collection[str]) -> Impact:
    form = "a mapping with 'capability' and 'checks'"
    fields = nodes.mapping(node, KEYS, "an item of 'impact'", form)
    for key in ("capability", "checks"):
        if key not in fields:
            raise nodes.error(node, f"an item of 'impact' needs {key!r}")
    checks = nodes.items(fields["checks"][1], "checks")
    return Impact(
        capability=nodes.text(fields["capability"][1], "capability"),
        checks=tuple(dict.fromkeys(_check(nodes, each, known) for each in checks)),
        amount=_amount(nodes, fields),
        unit=nodes.text(fields["unit"][1], "unit") if "unit" in fields else "",
    )


def _amount(nodes: Nodes, fields: Fields) -> float | None:
    if "amount" not in fields:
        if "unit" in fields:
            raise nodes.error(fields["unit"][0], "'unit' needs 'amount'")
        return None
    amount = nodes.number(fields["amount"][1], "amount")
    if amount < 0:
        raise nodes.error(fields["amount"][1], "'amount' takes a plain number, at least 0")
    return amount


def _check(nodes: Nodes, node: yaml.Node, known: Collection[str]) -> str:
    name = nodes.text(node, "checks")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise nodes.error(node, f"no check is named {name!r}{hint}")
    return name
