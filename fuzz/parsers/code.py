"""Server code, read by preflight and never run."""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path

from hangup.preflight import check
from hangup.preflight.document import as_github, as_json, as_sarif
from hangup.preflight.text import as_text

_folder = Path(tempfile.mkdtemp(prefix="hangup-fuzz-"))
check.find_ruff = lambda: None  # a program of its own, which is not ours to fuzz


def parse(data: bytes) -> None:
    """Read the input as a file of Python, and tell of it in every form."""
    path = _folder / "server.py"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler, about the code that it is given
        found = check.preflight(str(path))
    assert found.files == 1
    json.loads(as_json(found))
    json.loads(as_sarif(found))
    assert "\x1b" not in as_text(found)
    for line in as_github(found).splitlines():
        assert line.startswith("::"), line
