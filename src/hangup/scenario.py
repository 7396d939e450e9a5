"""Reads scenario files: a conversation in YAML, or in JSON, which is YAML.

steps:
  - send: '{"type": "hello"}'
  - expect: '"type": *"welcome"'
    within: 2
  - send-base64: AAEC
  - wait: 0.5
"""

from __future__ import annotations

import yaml

from hangup.conversation import Conversation, Expect, Send, Step, Wait
from hangup.document import Nodes, compose, read_text
from hangup.errors import DocumentError

VERBS = ("send", "send-base64", "expect", "wait")
_KEYS = (*VERBS, "within")


def read_scenario(path: str) -> Conversation:
    """Read a scenario file of at most 1 MiB.

    Raises:
        DocumentError: with file, line and column of what is wrong.
    """
    return parse_scenario(read_text(path), path)


def parse_scenario(text: str, source: str) -> Conversation:
    """Parse a scenario; `source` names it in errors.

    Raises:
        DocumentError: with line and column of what is wrong.
    """
    root = compose(text, source)
    if root is None:
        raise DocumentError(source, (1, 1), "the scenario is empty")
    nodes = Nodes(source)
    top = nodes.mapping(root, ("steps",), "the scenario", "a mapping with the key 'steps'")
    if "steps" not in top:
        raise nodes.error(root, "the key 'steps' is missing")
    return Conversation(tuple(_step(nodes, n) for n in nodes.items(top["steps"][1], "steps")))


def _step(nodes: Nodes, node: yaml.Node) -> Step:
    step = nodes.mapping(node, _KEYS, "a step", "a mapping such as 'send: text'")
    verbs = [key for key in step if key in VERBS]
    if len(verbs) != 1:
        found = " and ".join(verbs) or "none"
        wanted = ", ".join(VERBS)
        raise nodes.error(node, f"a step has exactly one of {wanted}; this one has {found}")
    verb = verbs[0]
    if "within" in step and verb != "expect":
        raise nodes.error(step["within"][0], f"'within' belongs to 'expect', not to '{verb}'")
    return _typed(nodes, verb, step[verb][1], step["within"][1] if "within" in step else None)


def _typed(nodes: Nodes, verb: str, value: yaml.Node, within: yaml.Node | None) -> Step:
    if verb == "send":
        return Send(nodes.text(value, verb))
    if verb == "send-base64":
        return Send(nodes.base64(value, verb))
    if verb == "wait":
        return Wait(nodes.seconds(value, verb, zero=True))
    seconds = nodes.seconds(within, "within", zero=False) if within else None
    return Expect(nodes.expression(value, verb), seconds)
