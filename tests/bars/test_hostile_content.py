"""What a hostile server says reaches no terminal, no page and no document as more than text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from . import hostile
from .conftest import StartPeer
from .program import Run, hangup

HOSTILE = (
    hostile.hostile_reason,
    hostile.broken_reason,
    hostile.hostile_messages,
    hostile.hostile_refusal,
    hostile.marked_up_refusal,
    hostile.not_http,
    hostile.hostile_subprotocol,
    hostile.endless_header_line,
)
REPORTS = ("report.html", "report.md", "report.json", "report.xml")
CONTROLS = [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]
BIDIRECTIONAL = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F]


@dataclass
class Told:
    """One hostile server, and all that the program wrote about it, by name."""

    run: Run
    texts: dict[str, str]


@pytest.fixture(params=HOSTILE, ids=lambda play: play.__name__)
def told(request: pytest.FixtureRequest, peer: StartPeer, tmp_path: Path) -> Told:
    url = peer(request.param).url
    files = [arg for name in REPORTS for arg in ("--report", str(tmp_path / name))]
    files += ["--reproducer", str(tmp_path / "bug.md"), "--save", str(tmp_path / "runs.ndjson")]
    run = hangup(url, "-v", "--budget", "2", *files)
    texts = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert len(texts) == len(REPORTS) + 2, run.stderr
    return Told(run, {**texts, "stdout": run.stdout.decode(), "stderr": run.stderr.decode()})


def test_hostile_words_stay_words(told: Told) -> None:
    assert told.run.status in (1, 3), told.run.stderr
    assert told.run.peak_mb < 200
    assert "\x1b" not in told.texts["runs.ndjson"]
    shown = {name: text for name, text in told.texts.items() if name != "runs.ndjson"}
    unseen = {chr(code) for code in (*CONTROLS, *BIDIRECTIONAL)}
    assert {name: found for name, text in shown.items() if (found := unseen & set(text))} == {}
    page = _Page(told.texts["report.html"])
    assert page.handlers == []
    assert "alert(1)" not in "".join(page.scripts)
    assert "<img src=x" not in told.texts["report.html"]
    assert "<" not in _prose(told.texts["report.md"])
    ET.fromstring(told.texts["report.xml"])
    json.loads(told.texts["report.json"])
    for line in told.texts["runs.ndjson"].splitlines():
        json.loads(line)


def _prose(markdown: str) -> str:
    """Give the text outside of code, where markup would count."""
    return re.sub(r"`[^`]*`", "", re.sub(r"^```.*?^```$", "", markdown, flags=re.M | re.S))


class _Page(HTMLParser):
    """The parts of a page that a browser would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[tuple[str, str]] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        self.handlers += [(tag, name) for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)
