"""Whoever can write into a log does not decide what reading it takes in time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from hangup.logs.reading import Logs

SIZE = 6 << 20
MOST_KEPT = 4 << 20
"""Bytes of memory at most; what is remembered of each of these would be several times as much."""
MOST_TIME = 3.0
"""Seconds of CPU for a megabyte, many times what it takes; what backtracks takes hours."""
HEADER = b"Traceback (most recent call last):\n"


def frames_without_end() -> Iterator[bytes]:
    yield HEADER
    for number in range(SIZE // 50):
        yield b'  File "/srv/app/module_%06d.py", line 1, in f\n' % number


def groups_without_end() -> Iterator[bytes]:
    yield b"  + Exception Group Traceback (most recent call last):\n"
    for number in range(SIZE // 100):
        yield b"  +-+---------------- %d ----------------\n    | ValueError: a%d\n" % (
            number,
            number,
        )


def causes_without_end() -> Iterator[bytes]:
    yield b"java.lang.Error: a\n\tat a.B.c(D.java:1)\n"
    for number in range(SIZE // 40):
        yield b"Caused by: java.io.IOException: %d\n" % number


def writers_without_number() -> Iterator[bytes]:
    for number in range(SIZE // 1000):
        text = "Traceback (most recent call last):" + "x" * 800
        record = {"log": text, "stream": "stdout", "pod": f"pod-{number}" * 9}
        yield json.dumps(record).encode() + b"\n"


def large_fields() -> Iterator[bytes]:
    for number in range(SIZE // 40_000):
        record = {"pod": f"p{number}", "msg": "    at f (a.js:1:2)", "blob": "x" * 40_000}
        yield json.dumps({**record, "msg": "TypeError: x"}).encode() + b"\n"
        yield json.dumps(record).encode() + b"\n"


@pytest.mark.parametrize(
    "lines",
    [
        frames_without_end,
        groups_without_end,
        causes_without_end,
        writers_without_number,
        large_fields,
    ],
)
def test_what_is_remembered_of_a_log_does_not_grow_with_it(
    lines: Callable[[], Iterator[bytes]],
) -> None:
    logs = Logs()
    tracemalloc.start()
    try:
        caught = sum(1 for _ in logs.read_blocks(_blocks(lines())))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_KEPT
    assert caught <= SIZE // 40


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Give the lines in blocks of 256 KiB."""
    block = b""
    for line in lines:
        block += line
        if len(block) > 1 << 18:
            yield block
            block = b""
    yield block


SLOW = {
    "spaces before a traceback": HEADER + b" " * 200_000 + b"x\n",
    "one long word": HEADER + b"a" * 100_000 + b" was never awaited\n",
    "names of functions": b"    at " + b"a [as " * 100_000 + b"\n",
    "rules of a group": HEADER + b"-" * 100_000 + b"x\n",
    "requests of nginx": b"1#1: aaaaa, client: " * 5000 + b"\n",
    "errors of Apache": b"(1)" * 60_000 + b": AH0\n",
    "a path of uvicorn": b'"WebSocket /' + b"a" * 200_000 + b'" refused\n',
    "ends of lines in JSON": b'{"exc_type":"' + b"\\n" * 100_000 + b'"}\n',
    "stacks in turn in JSON": b'{"message":"' + b"    at f (a:1:1)\\nx\\n" * 30_000 + b'"}\n',
}


@pytest.mark.parametrize("name", SLOW)
def test_no_line_takes_more_than_its_share_of_time(name: str) -> None:
    began = time.process_time()
    list(Logs().read_blocks(iter([SLOW[name]])))
    assert time.process_time() - began < MOST_TIME * len(SLOW[name]) / 1e6 + 0.5
