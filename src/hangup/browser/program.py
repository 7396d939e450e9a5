"""Finds the Chromium of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hangup.errors import UsageError

VARIABLE = "HANGUP_CHROMIUM"
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
"""What distributions call it, Chromium itself first."""
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
"""Where macOS has it, which puts no application on the path."""


def find_chromium(environ: Mapping[str, str] = os.environ) -> str:
    """Give the path of a Chromium, or of a browser that is built on it.

    Raises:
        UsageError: none is installed, or the system cannot start one as we do.
    """
    if not hasattr(os, "posix_spawn"):
        raise UsageError("--browser: it needs Linux or macOS")
    if named := environ.get(VARIABLE):
        found = shutil.which(named)
        if found is None:
            raise UsageError(f"--browser: {VARIABLE} names {named!r}, which is no program")
        return found
    path = environ.get("PATH", os.defpath)
    on_path = filter(None, (shutil.which(name, path=path) for name in NAMES))
    at_place = (place for place in PLACES if Path(place).is_file())
    program = next(on_path, None) or next(at_place, None)
    if program is None:
        raise UsageError(
            "--browser: no Chromium is installed; `apt-get install chromium` or "
            f"`brew install --cask chromium` does that, or {VARIABLE} names a Chrome or Edge"
        )
    return program
