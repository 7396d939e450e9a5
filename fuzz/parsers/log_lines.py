"""Lines of logs, all of them followed: what is remembered of them is bounded."""

from __future__ import annotations

from hangup.logs.assembly import MOST_CHAIN, MOST_WRITERS, Assembly
from hangup.logs.clean import MOST
from hangup.logs.line import LONGEST_NAME, line_of
from hangup.logs.shortcomings import Shortcomings


def parse(data: bytes) -> None:
    """Feed each line of the input, whether or not it holds a word of interest."""
    missing = Shortcomings()
    assembly = Assembly(missing)
    caught = []
    for record in data.split(b"\n"):
        line = line_of(record)
        assert len(line.writer) <= 60 * LONGEST_NAME
        caught += assembly.feed(line)
    caught += assembly.flush()
    assert assembly.idle
    assert len(assembly._writers) <= MOST_WRITERS
    for each in caught:
        assert len(each.message) <= MOST
        assert len(each.chain) <= MOST_CHAIN
    missing.sentences()
