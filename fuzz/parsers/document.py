"""A message that is made smaller: taken apart as JSON and put together again."""

from __future__ import annotations

from hangup.numbering import CHANNELS, channel_of, number_of
from hangup.plan.match import ABSENT, at, decoded
from hangup.shrink.tree import leaves, replaced, walk
from hangup.shrink.tree import parse as parsed


def parse(data: bytes) -> None:
    """Take the input apart, and leave each of its values out once."""
    for name in CHANNELS:
        channel_of(data, name)
    number_of(data)
    document = decoded(data)
    if document is ABSENT:
        assert at(document, "a.0.b") is ABSENT
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    read = parsed(text)
    if read is None:
        return
    ids = [node.id for node in walk(read.root)]
    assert len(ids) == len(set(ids))
    rendered = read.render(read.root)
    again = parsed(rendered)
    assert again is not None
    assert again.render(again.root) == rendered
    for leaf in leaves(read.root)[:8]:
        read.render(replaced(read.root, leaf.id, None))
