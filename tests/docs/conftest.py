"""The site is built once; the modules that make pages are imported as their scripts do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built as `make docs` builds it: any warning fails."""
    out = tmp_path_factory.mktemp("site") / "en" / "latest"
    done = subprocess.run(
        [sys.executable, str(DOCS / "build_site.py"), str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"the site was not built:\n{done.stderr}\n{done.stdout}", pytrace=False)
    return out
