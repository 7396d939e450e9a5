"""The how-to page shows what is really printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hangup.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "check-server-code.md"
EXAMPLE = re.compile(r"^```python\n(from .*?)^```.*?^```text\n(.*?)^```", re.M | re.S)


def test_the_example_of_the_page_is_printed_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = EXAMPLE.search(PAGE.read_text("utf-8"))
    assert example
    (tmp_path / "app.py").write_text(example[1], "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["preflight", "app.py"]) == 1
    assert capsys.readouterr().out == example[2]
