"""Where the client of the bridge for pages lies."""

from __future__ import annotations

from pathlib import Path

PACKED = Path(__file__).parent / "browser"
"""Where a wheel has it."""
IN_TREE = Path(__file__).parents[3] / "clients" / "typescript" / "dist"


def client_folder() -> Path:
    """Give the folder whose `index.js` a page imports."""
    return PACKED if PACKED.is_dir() else IN_TREE
