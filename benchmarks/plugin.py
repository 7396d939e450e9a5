"""The pytest plugin on a suite without sockets, beside the same suite without the plugin."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measure import Bar, environment, interleaved, print_table

MOST_RATIO, MOST_START = 1.02, 30.0
FILES, TESTS = 40, 25
SUITE = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_adds(number):
    assert sum(range(number + 1)) == number * (number + 1) // 2
"""
EMPTY = "def test_nothing():\n    pass\n"


def measure(rounds: int) -> list[Bar]:
    """Time a suite of a thousand tests, and one of a single test, with and without."""
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder, "many"), Path(folder, "one")
        many.mkdir()
        one.mkdir()
        for number in range(FILES):
            (many / f"test_{number}.py").write_text(SUITE.format(tests=TESTS))
        (one / "test_one.py").write_text(EMPTY)
        peers = {
            "a thousand tests, without": lambda: _run(many, plugin=False),
            "a thousand tests, with": lambda: _run(many, plugin=True),
            "one test, without": lambda: _run(one, plugin=False),
            "one test, with": lambda: _run(one, plugin=True),
        }
        values = interleaved(peers, rounds)
    print_table(values, "a thousand tests, without")
    pairs = zip(values["one test, with"], values["one test, without"], strict=True)
    start = median(there - without for there, without in pairs)
    pairs = zip(values["a thousand tests, with"], values["a thousand tests, without"], strict=True)
    ratio = median((there - start) / without for there, without in pairs)
    return [
        Bar("tests without sockets, with the plugin", ratio, MOST_RATIO, " x"),
        Bar("what it adds to pytest's start", start, MOST_START, " ms"),
    ]


def _run(folder: Path, *, plugin: bool) -> float:
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    argv += [] if plugin else ["-p", "no:hangup"]
    began = time.perf_counter()
    subprocess.run(argv, cwd=folder, capture_output=True, env=environment(), check=True)
    return (time.perf_counter() - began) * 1000
