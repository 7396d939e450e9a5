"""Runs suites of other people in a pytest of their own, with the plugin and a server to test."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hangup.lab.servers import serve

SUITES = Path(__file__).parent / "suites"
collect_ignore = ["suites"]
PLUGINS = os.environ.get("PYTHONPATH", "").split(os.pathsep)
SETTINGS = """[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = default
"""


@dataclass
class Suite:
    """What a suite came to: for each test its outcome and the first lines of why."""

    status: int
    output: str
    outcomes: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


Run = Callable[..., Suite]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Serve `app.py`, and give its URL."""
    with serve("uvicorn", "app:app", env={"PYTHONPATH": os.fspath(SUITES)}) as process:
        yield f"ws://127.0.0.1:{process.port}"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, server: str) -> Run:
    """Give `run(*paths, ...)`: run suites, and say what came of each test."""

    def run(
        *paths: Path | str,
        options: tuple[str, ...] = (),
        settings: str = "",
        endpoint: str | None = server,
    ) -> Suite:
        tmp_path = tmp_path_factory.mktemp("suite")
        (tmp_path / "pytest.ini").write_text(SETTINGS + settings)
        report = tmp_path / "report.xml"
        argv = [
            sys.executable,
            "-m",
            "pytest",
            *map(str, paths),
            "-c",
            str(tmp_path / "pytest.ini"),
        ]
        argv += ["-p", "no:cacheprovider", f"--junitxml={report}", *options]
        environment = {
            **os.environ,
            "HANGUP_URL": endpoint or "",
            "PYTHONPATH": os.pathsep.join([str(SUITES), *PLUGINS]),
        }
        ran = subprocess.run(
            argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100
        )
        suite = Suite(ran.returncode, ran.stdout + ran.stderr)
        if report.exists():
            _read(report, suite)
        return suite

    return run


def _read(report: Path, suite: Suite) -> None:
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.get("classname", "").rpartition(".")[2]
        name = f"{module}::{case.get('name')}".removeprefix("::")
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped") is not None
        suite.outcomes[name] = "failed" if bad is not None else "skipped" if skipped else "passed"
        suite.says[name] = (bad.get("message") or "") + (bad.text or "") if bad is not None else ""
        suite.seconds[name] = float(case.get("time") or 0)
