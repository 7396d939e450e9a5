"""Scenario files: a conversation, or a sentence with the place of what is wrong."""

from __future__ import annotations

from hangup.conversation import Send, Wait
from hangup.document import Nodes, compose
from hangup.errors import DocumentError
from hangup.pattern import pattern_problem
from hangup.scenario import parse_scenario


def parse(data: bytes) -> None:
    """Parse the input, which is text of UTF-8 or nothing."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        conversation = parse_scenario(text, "s.yaml")
    except DocumentError as exc:
        assert str(exc).startswith("s.yaml")
        _plainly(text)
        return
    assert conversation.steps
    for step in conversation.expects:
        assert pattern_problem(step.pattern) is None
        assert step.within is None or step.within > 0
    for step in conversation.steps:
        assert isinstance(step, Send | Wait) or step in conversation.expects


def _plainly(text: str) -> None:
    """Read the document with every reader of single values."""
    try:
        node = compose(text, "s.yaml")
    except DocumentError:
        return
    if node is None:
        return
    nodes = Nodes("s.yaml")
    for read in (
        nodes.plain,
        lambda each: nodes.whole(each, "k", 0, 9),
        lambda each: nodes.number(each, "k"),
        lambda each: nodes.seconds(each, "k", zero=True),
        lambda each: nodes.yes(each, "k"),
        lambda each: nodes.base64(each, "k"),
    ):
        try:
            read(node)
        except DocumentError as exc:
            assert exc.place
