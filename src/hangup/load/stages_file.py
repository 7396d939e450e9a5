"""Reads files of stages; whatever is wrong in one is told with file, line and column."""

from __future__ import annotations

import re

import yaml
from msgspec import Struct

from hangup.document import Fields, Nodes, compose, read_text
from hangup.errors import DocumentError
from hangup.load.order import Stage
from hangup.load.schedule import LONGEST, MOST_CONNECTIONS, MOST_RATE, planned

KEYS = ("stages", "connections", "messages", "every", "hold")
STAGE = ("for", "rate", "from", "to", "at-once")
MOST_MESSAGES = 1_000_000_000
_FORM = "a mapping such as '{for: 30s, rate: 50}', '{for: 30s, from: 0, to: 50}' or '{at-once: 50}'"
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class StagesFile(Struct, frozen=True, kw_only=True):
    """What a file says of a load, None where it is silent; times are in seconds."""

    stages: tuple[Stage, ...]
    connections: int | None = None
    messages: int | None = None
    every: float | None = None
    hold: float | None = None


def read_stages(path: str) -> StagesFile:
    """Read a file of stages, YAML or JSON.

    Raises:
        DocumentError: with file, line and column of what is wrong.
    """
    return parse_stages(read_text(path), path)


def parse_stages(text: str, source: str) -> StagesFile:
    """Parse a file of stages; `source` names it in errors.

    Raises:
        DocumentError: with line and column of what is wrong.
    """
    root = compose(text, source)
    if root is None:
        raise DocumentError(source, (1, 1), "the file is empty")
    nodes = Nodes(source)
    top = nodes.mapping(root, KEYS, "the file", "a mapping with the key 'stages'")
    if "stages" not in top:
        raise nodes.error(root, "the key 'stages' is missing")
    read = StagesFile(
        stages=tuple(_stage(nodes, node) for node in nodes.items(top["stages"][1], "stages")),
        connections=_whole(nodes, top, "connections", MOST_CONNECTIONS),
        messages=_whole(nodes, top, "messages", MOST_MESSAGES),
        every=_seconds(nodes, top, "every"),
        hold=_seconds(nodes, top, "hold"),
    )
    if not planned(read.stages, MOST_CONNECTIONS):
        raise nodes.error(top["stages"][1], "in these stages not one connection arrives")
    return read


def _stage(nodes: Nodes, node: yaml.Node) -> Stage:
    fields = nodes.mapping(node, STAGE, "a stage", _FORM)
    if "at-once" in fields:
        return _jump(nodes, node, fields)
    if "for" not in fields:
        raise nodes.error(node, "the stage has no 'for'")
    seconds = _duration(nodes, fields["for"][1], "for")
    if not seconds:
        what = "'for' takes more than 0 s; for many at one moment write '{at-once: 50}'"
        raise nodes.error(fields["for"][1], what)
    if ("rate" in fields) == ("from" in fields or "to" in fields):
        raise nodes.error(node, "a stage takes 'rate', or 'from' and 'to'")
    if "rate" in fields:
        rate = _rate(nodes, fields, "rate")
        return Stage(seconds, rate, rate)
    for key in ("from", "to"):
        if key not in fields:
            raise nodes.error(node, f"the stage has no '{key}'")
    return Stage(seconds, _rate(nodes, fields, "from"), _rate(nodes, fields, "to"))


def _jump(nodes: Nodes, node: yaml.Node, fields: Fields) -> Stage:
    if len(fields) > 1:
        raise nodes.error(node, "'at-once' stands alone in its stage")
    count = float(nodes.whole(fields["at-once"][1], "at-once", 1, MOST_CONNECTIONS))
    return Stage(0.0, count, count)


def _rate(nodes: Nodes, fields: Fields, key: str) -> float:
    node = fields[key][1]
    rate = nodes.number(node, key)
    if not 0 <= rate <= MOST_RATE:
        raise nodes.error(node, f"'{key}' takes 0 to {MOST_RATE:,.0f} arrivals a second")
    return rate


def _whole(nodes: Nodes, top: Fields, key: str, most: int) -> int | None:
    return nodes.whole(top[key][1], key, 1, most) if key in top else None


def _seconds(nodes: Nodes, top: Fields, key: str) -> float | None:
    return _duration(nodes, top[key][1], key) if key in top else None


def _duration(nodes: Nodes, node: yaml.Node, key: str) -> float:
    """Give a number of seconds, or a text such as `30s`, `2m`, `1h`, in seconds."""
    match = _DURATION.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
    if match:
        seconds = float(match[1]) * _UNITS[match[2]]
    else:
        seconds = nodes.seconds(_plain(nodes, node, key), key, zero=True)
    if seconds > LONGEST:
        raise nodes.error(node, f"'{key}' takes 7 days at most")
    return seconds


def _plain(nodes: Nodes, node: yaml.Node, key: str) -> yaml.Node:
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith((":int", ":float")):
        return node
    raise nodes.error(node, f"'{key}' takes seconds, or a duration such as 500ms, 30s, 2m or 1h")
