"""The installed wheel, without any extra and away from the tree, does what the README shows first.

Its environment holds what `pip install hangup` brings, so what is missing here is a dependency that
is not declared.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from offline import SRC, Environment, extended, pip

import hangup

SUITE = """
import pytest

@pytest.mark.websocket
def test_says_nothing_to_any_server():
    pass
"""
LISTED = """
import importlib, json, pkgutil, hangup

missing = {}
for module in pkgutil.walk_packages(hangup.__path__, "hangup."):
    if not module.name.startswith(("hangup.lab.apps", "hangup.attach.site", "hangup.__main__")):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as exc:
            missing[module.name] = exc.name
print(json.dumps(missing))
"""
NAMED = re.compile(r'(?:src|href)="([^"#:]+)"|from "(\./[^"]+)"|url=([^"]+)"')
"""What a page or a module of JavaScript loads."""
NEEDS = (
    ("hangup.bridge.redis_", "redis"),
    ("hangup.chat.openai", "httpx"),
    ("hangup.chat.postgres_connections", "asyncpg"),
    ("hangup.chat.conversations_postgres", "asyncpg"),
    ("hangup.lab.", "trustme fastapi"),
    ("hangup.load.locust.", "locust gevent"),
    ("hangup.load.report.metrics", "prometheus_client"),
    ("hangup.mcp_server.server", "mcp"),
    ("hangup.pytest_plugin", "pytest"),
    ("hangup.recorder.aiohttp", "aiohttp"),
    ("hangup.recorder.tornado", "tornado"),
)
"""Modules that need more than a bare installation, and what they may ask for."""


def test_what_is_declared_is_all_that_is_needed(bare: Environment) -> None:
    assert pip(bare, "check").stdout == "No broken requirements found.\n"


def test_the_program_is_that_of_the_wheel(bare: Environment) -> None:
    where = bare.run(bare.python, "-c", "import hangup; print(hangup.__file__)").stdout
    assert Path(where.strip()) == bare.site / "hangup" / "__init__.py"
    assert not where.startswith(os.fspath(SRC.parent))
    assert bare.hangup("--version").stdout == f"hangup {hangup.__version__}\n"


def test_only_modules_of_extras_miss_something(bare: Environment) -> None:
    missing = json.loads(bare.run(bare.python, "-c", LISTED).stdout)
    assert "hangup.chat.openai" in missing
    unforeseen = {
        module: package
        for module, package in missing.items()
        if not any(module.startswith(part) and package in names for part, names in NEEDS)
    }
    assert unforeseen == {}


def test_the_demo_finds_its_fault(bare: Environment) -> None:
    done = bare.hangup("demo", "--json", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert "session.masked-exception" in json.dumps(found)
    page = (bare.cwd / "hangup-demo.html").read_text("utf-8")
    assert "session.masked-exception" in page
    assert "<style>" in page


def test_every_command_explains_itself(bare: Environment) -> None:
    from hangup.cli.app import COMMANDS

    helped = {name: bare.hangup(name, "--help") for name in COMMANDS}
    assert {name for name, done in helped.items() if done.returncode or done.stderr} == set()


def test_the_chat_serves_its_page_with_all_that_it_loads(bare: Environment) -> None:
    with serving(bare, "chat", "--development", "--port", "0") as url:
        loaded = crawled(f"{url}/")
    assert loaded >= {"main.js", "chat.css", "room.js", "index.js"}  # the last one is the bridge's


def test_the_page_of_runs_is_there_with_all_that_it_loads(bare: Environment) -> None:
    with serving(bare, "ui", "--port", "0") as url:
        loaded = crawled(url)
    assert loaded >= {"style.css", "keys.js", "incidents", "plans", "loads"}


def crawled(url: str) -> set[str]:
    """Load a page and all that it and its scripts name, and give the last parts of their paths.

    What is not there raises. The token of the address goes into a cookie, as in a browser.
    """
    browser = build_opener(HTTPCookieProcessor())
    loaded: set[str] = set()
    pending = [url]
    while pending:
        here = pending.pop()
        if here in loaded or urlsplit(here).netloc != urlsplit(url).netloc:
            continue
        loaded.add(here)
        with browser.open(here, timeout=10) as answer:
            named = NAMED.findall(answer.read().decode())
        pending += [urljoin(here, unescape(next(filter(None, each)))) for each in named]
    return {urlsplit(each).path.rpartition("/")[2] for each in loaded}


@contextmanager
def serving(bare: Environment, *args: str) -> Iterator[str]:
    """Call what serves a page, and give the address that it tells."""
    command = [os.fspath(bare.root / "bin" / "hangup"), *args]
    with subprocess.Popen(
        command, cwd=bare.cwd, env=bare.environ(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            yield next(line.split()[-1] for line in process.stderr if " is at " in line)
        finally:
            process.terminate()


def test_pytest_finds_the_plugin(bare: Environment, tmp_path: Path) -> None:
    tested = extended(bare, tmp_path, beside=["pytest"])
    (tested.cwd / "test_suite.py").write_text(SUITE)
    done = tested.run(tested.python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not executed" in done.stdout
