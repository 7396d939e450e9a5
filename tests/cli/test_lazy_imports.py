"""What is not needed before the first packet is not imported before it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
from hangup.__main__ import main
from hangup.cli.session import Session

def investigate(inquiry):
    raise SystemExit

try:
    main(sys.argv[1:], Session(investigate=investigate))
except SystemExit:
    pass
print(*sorted(name for name in HEAVY if name in sys.modules))
"""


def _loaded(heavy: list[str], *args: str) -> list[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = f"HEAVY = {heavy!r}\n{SCRIPT}"
    command = [sys.executable, "-c", script, *args]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize(
    "args", [["ws://host/", "--send", "x"], ["ws://host/", "--report", "a.md"]]
)
def test_a_diagnosis_begins_without_heavy_libraries(args: list[str]) -> None:
    heavy = ["rich", "jinja2", "yaml", "cryptography", "uvicorn", "traceback_", "xml"]
    assert _loaded(heavy, *args) == []


def test_the_version_needs_no_event_loop() -> None:
    assert _loaded(["asyncio", "msgspec", "ssl"], "--version") == []
