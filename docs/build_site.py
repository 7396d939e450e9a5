"""Builds the site of the documentation: python docs/build_site.py [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

BUILD = Path(__file__).parents[1] / "build"
CONFIGURATION = Path(__file__).parent / "website"


def build(out: Path, source: Path) -> int:
    """Write the source into one folder and the site into another; any warning is an error."""
    from sphinx.cmd.build import main  # here: so that a missing extra gets a sentence
    from website.source import write

    write(source)
    marks = [
        "-W",
        "--keep-going",
        "-n",
        "-q",
        "-j",
        "auto",
        "-b",
        "html",
        "-d",
        str(out.parent / "doctrees"),
    ]
    return main([*marks, "-c", str(CONFIGURATION), str(source), str(out)])


def main() -> int:
    """Build it into the named folder, `build/docs` when none is."""
    out = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else BUILD / "docs"
    try:
        return build(out, out.parent / "docs-source")
    except ModuleNotFoundError as missing:
        sys.stderr.write(f"{missing.name} is not installed: pip install 'hangup[docs]'\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
