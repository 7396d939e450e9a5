"""Reads what must hold of a check's connection."""

from __future__ import annotations

import yaml

from hangup.document import Fields, Nodes
from hangup.plan.holds import TLS_VERSIONS, Holds

KEYS = (
    "certificate-days",
    "tls",
    "addresses",
    "header",
    "subprotocol",
    "compression",
    "http",
)
_NULL = "tag:yaml.org,2002:null"


def read_holds(nodes: Nodes, node: yaml.Node) -> Holds:
    """Read what must hold.

    Raises:
        DocumentError: with the place of what is wrong.
    """
    fields = nodes.mapping(node, KEYS, "'holds'", f"a mapping of {', '.join(KEYS)}")
    if not fields:
        raise nodes.error(node, "'holds' names nothing")
    return Holds(
        certificate_days=_days(nodes, fields),
        tls=_version(nodes, fields["tls"][1]) if "tls" in fields else None,
        addresses=_whole(nodes, fields, "addresses", 1, 1000),
        headers=_headers(nodes, fields["header"][1]) if "header" in fields else (),
        subprotocol=_subprotocol(nodes, fields),
        compression=nodes.yes(fields["compression"][1], "compression")
        if "compression" in fields
        else None,
        http=_whole(nodes, fields, "http", 100, 599),
    )


def _days(nodes: Nodes, fields: Fields) -> float | None:
    if "certificate-days" not in fields:
        return None
    node = fields["certificate-days"][1]
    days = nodes.number(node, "certificate-days")
    if days < 0:
        raise nodes.error(node, "'certificate-days' takes a number of days, at least 0")
    return days


def _version(nodes: Nodes, node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode) and node.value in TLS_VERSIONS:
        return str(node.value)
    raise nodes.error(node, f"'tls' is one of {', '.join(map(repr, TLS_VERSIONS))}")


def _whole(nodes: Nodes, fields: Fields, key: str, least: int, most: int) -> int | None:
    return nodes.whole(fields[key][1], key, least, most) if key in fields else None


def _headers(nodes: Nodes, node: yaml.Node) -> tuple[tuple[str, str | None], ...]:
    form = "a mapping of names to expressions, or null for one that must be absent"
    pairs = nodes.pairs(node, "'header'", form)
    found = tuple(
        (nodes.text(key, "header"), None if _is_null(value) else nodes.expression(value, "header"))
        for key, value in pairs
    )
    if not found:
        raise nodes.error(node, "'header' names none")
    return found


def _subprotocol(nodes: Nodes, fields: Fields) -> str | None:
    if "subprotocol" not in fields:
        return None
    node = fields["subprotocol"][1]
    return "" if _is_null(node) else nodes.text(node, "subprotocol")


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL
