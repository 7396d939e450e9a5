"""What cannot be written, a full stdout or a file, is told in one line and stops nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from stand_in import TRACE, Campaign, Run

from hangup.inquiry import Inquiry
from hangup.progress import Progress
from hangup.trace import dump_traces

HERE = Path(__file__).parent
QUICK = """
import sys
from stand_in import Campaign
from hangup.__main__ import main
sys.exit(main(sys.argv[1:], Campaign().session))
"""


def _run_into(stdout: int, *args: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(HERE)])}
    return subprocess.run(
        [sys.executable, "-c", QUICK, *args],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
        timeout=20,
        check=False,
    )


COMMANDS = [
    ["ws://host/"],
    ["ws://host/", "--json"],
    ["--version"],
    ["--help"],
    ["demo", "--list"],
    ["judge", "{trace}"],
    ["explain", "{trace}", "--json"],
]


@pytest.fixture
def trace(tmp_path: Path) -> str:
    path = tmp_path / "runs.ndjson"
    path.write_bytes(dump_traces([TRACE]))
    return str(path)


@pytest.mark.parametrize("args", COMMANDS)
def test_a_reader_that_went_away_is_no_error(trace: str, args: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = _run_into(writing, *(arg.format(trace=trace) for arg in args), *_quiet(args))
    os.close(writing)
    # Where no verdict is printed, click itself ends with 1.
    assert done.returncode == 0 or not _quiet(args)
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
@pytest.mark.parametrize("args", COMMANDS)
def test_a_stdout_that_is_full_is_told_in_one_line(trace: str, args: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = _run_into(full.fileno(), *(arg.format(trace=trace) for arg in args), *_quiet(args))
    sentence = "hangup: stdout cannot be written: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, sentence)


def _quiet(args: list[str]) -> list[str]:
    return [] if args[-1].startswith(("--version", "--help", "--list")) else ["-q"]


def test_without_stdout_the_reports_are_written_all_the_same(tmp_path: Path) -> None:
    report = tmp_path / "a.json"
    with Path("/dev/full").open("w") as full:
        done = _run_into(full.fileno(), "ws://host/", "-q", "--report", str(report))
    assert done.returncode == 2
    assert json.loads(report.read_text())["verdict"] == "healthy"


class Spoiling(Campaign):
    """While it runs, some files become directories and a directory goes away."""

    def __init__(self, at: Path) -> None:
        super().__init__()
        self.at = at
        (at / "gone").mkdir()

    async def investigate(self, inquiry: Inquiry) -> AsyncIterator[Progress]:
        (self.at / "gone").rmdir()
        for name in ("a.html", "c.ndjson"):
            (self.at / name).mkdir()
        async for step in super().investigate(inquiry):
            yield step


def test_a_file_that_cannot_be_written_stops_no_other(run: Run, tmp_path: Path) -> None:
    names = ("a.html", "a.md", "gone/b.xml", "b.json")
    reports = [arg for name in names for arg in ("--report", str(tmp_path / name))]
    saved, again = str(tmp_path / "c.ndjson"), str(tmp_path / "d.py")
    args = ("ws://host/", *reports, "--save", saved, "--reproducer", again)
    outcome = run(*args, campaign=Spoiling(tmp_path))
    assert outcome.status == 2
    assert [line for line in outcome.err.splitlines() if line.startswith("hangup: ")] == [
        f"hangup: --report: '{tmp_path}/a.html' cannot be written: is a directory",
        f"hangup: --report: the report '{tmp_path}/gone/b.xml' cannot be written: "
        "no such directory",
        f"hangup: --save: '{saved}' cannot be written: is a directory",
    ]
    assert all((tmp_path / name).stat().st_size for name in ("a.md", "b.json", "d.py"))
