"""The examples of the recorder's page run as they stand there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from hangup.incident import Kind
from hangup.recorder import Recorder

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "recorder-in-code.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
FROM_ELSEWHERE = {"killed"}
"""Kinds that only a log can tell of."""


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example: str) -> None:
    names: dict[str, object] = {}
    exec(compile(example, "recorder-in-code.md", "exec"), names)
    assert names.keys() & {"app", "handler", "Chat"}


def test_every_option_is_told_of() -> None:
    options = [*inspect.signature(Recorder).parameters][1:]
    assert [name for name in options if f"| `{name}` |" not in PAGE] == []


def test_every_kind_is_told_of() -> None:
    kinds = {*get_args(Kind)} - FROM_ELSEWHERE
    assert [kind for kind in kinds if f"`{kind}`" not in PAGE] == []
