from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import report_examples as example

from hangup.errors import UsageError
from hangup.report import REPORT_ENDINGS, check_report_path, write_report


@pytest.mark.parametrize(
    ("ending", "begins"),
    [(".html", b"<!doctype html>"), (".md", b"# Fault"), (".json", b"{"), (".xml", b"<?xml")],
)
def test_the_ending_chooses_the_format(tmp_path: Path, ending: str, begins: bytes) -> None:
    path = tmp_path / f"report{ending}"
    write_report(path, example.incident_diagnosis(), [example.incident_trace()])
    assert path.read_bytes().lstrip().startswith(begins)


@pytest.mark.parametrize("ending", REPORT_ENDINGS)
def test_hostile_text_can_be_written_in_every_format(tmp_path: Path, ending: str) -> None:
    diagnosis, trace = example.evil_diagnosis()
    path = tmp_path / f"report{ending}"
    write_report(path, diagnosis, [trace])
    assert b"\x1b" not in path.read_bytes()


def test_an_unknown_ending_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match=r"'report.pdf' must end in .html, .md, .json or .xml"):
        check_report_path(Path("report.pdf"))


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        check_report_path(tmp_path / "gone" / "report.html")


def test_importing_the_room_loads_nothing_heavy() -> None:
    program = (
        "import sys, hangup.report, hangup.report.live, hangup.report.reproduce\n"
        "print(sorted({'rich', 'jinja2', 'xml.etree.ElementTree'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "[]\n"
