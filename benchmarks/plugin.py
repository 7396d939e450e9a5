"""The pytest plugin on a suite without sockets, beside the same suite without the plugin."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measure import Bar, environment, print_table

MOST_RATIO, MOST_START = 1.02, 30.0
FILES, TESTS = 40, 25
SUITE = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_adds(number):
    assert sum(range(number + 1)) == number * (number + 1) // 2
"""
EMPTY = "def test_nothing():\n    pass\n"
Values = dict[str, list[float]]


def measure(rounds: int) -> list[Bar]:
    """Hold a suite of a thousand tests, and one of a single test, with and without it.

    Two runs of one suite differ by more than the plugin may cost, in processor time too. So where
    valgrind is installed the instructions of one run each are held against each other.
    """
    with tempfile.TemporaryDirectory() as folder:
        many, one = Path(folder, "many"), Path(folder, "one")
        many.mkdir()
        one.mkdir()
        for number in range(FILES):
            (many / f"test_{number}.py").write_text(SUITE.format(tests=TESTS))
        (one / "test_one.py").write_text(EMPTY)
        values = _pairs("a thousand tests", many, rounds) | _pairs("one test", one, rounds)
        measured = (list(values.values())[:2], list(values.values())[2:])
        if shutil.which("valgrind"):
            more = [_counted(many), _counted(one)]
        else:
            more = [median(map(_more, there, without)) for without, there in measured]
    print_table(values, "a thousand tests, without")
    start = more[1] * min(values["one test, without"])
    return [
        Bar("tests without sockets, with the plugin", 1 + more[0], MOST_RATIO, " x"),
        Bar("what it adds to pytest's start", start, MOST_START, " ms"),
    ]


def _more(there: float, without: float) -> float:
    """Give what the plugin adds, as a share of what there was."""
    return there / without - 1


def _pairs(name: str, folder: Path, rounds: int) -> Values:
    values: Values = {f"{name}, without": [], f"{name}, with": []}
    _run(folder, plugin=True)  # writes what is compiled
    for number in range(rounds):
        for plugin in (False, True) if number % 2 else (True, False):
            values[f"{name}, {'with' if plugin else 'without'}"].append(_run(folder, plugin=plugin))
    return values


def _counted(folder: Path) -> float:
    """Give the share of instructions that it adds, which is the same from run to run."""
    there, without = (_instructions(folder, plugin=plugin) for plugin in (True, False))
    print(f"instructions, with: {there}, without: {without}")
    return _more(there, without)


def _instructions(folder: Path, *, plugin: bool) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    steady = {**environment(), "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        [*valgrind, *_argv(folder, plugin=plugin)],
        cwd=folder,
        capture_output=True,
        text=True,
        env=steady,
        check=True,
    )
    return int(ran.stderr.rpartition("Collected :")[2].split()[0])


def _argv(folder: Path, *, plugin: bool) -> list[str]:
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return argv if plugin else [*argv, "-p", "no:hangup"]


def _run(folder: Path, *, plugin: bool) -> float:
    """Give the milliseconds of processor time that one run of pytest takes."""
    argv, before = _argv(folder, plugin=plugin), _spent()
    subprocess.run(argv, cwd=folder, capture_output=True, env=environment(), check=True)
    return (_spent() - before) * 1000


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
