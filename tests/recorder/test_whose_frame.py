"""Frames are told apart by where their code lies."""

from __future__ import annotations

import os
import sysconfig

import pytest

from hangup.recorder.frames import origin


@pytest.mark.parametrize(
    ("filename", "whose"),
    [
        ("/srv/chat/app.py", "application"),
        ("/venv/lib/python3.12/site-packages/starlette/routing.py", "installed"),
        (os.path.join(sysconfig.get_path("scripts"), "uvicorn"), "installed"),  # noqa: PTH118
        (os.path.join(sysconfig.get_path("stdlib"), "asyncio", "runners.py"), "standard"),  # noqa: PTH118
        ("<string>", "standard"),
    ],
)
def test_a_file_belongs_to_the_application_or_to_what_was_installed(
    filename: str, whose: str
) -> None:
    assert origin(filename) == whose
