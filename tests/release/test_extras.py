"""Each extra can be installed alone, and what needs one that is missing says which."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from offline import ROOT, Environment, extended

NOBODY, NOWHERE = "ws://127.0.0.1:1/", "192.0.2.1:0"
"""Where nothing listens, and where nothing can: so no call gets as far as sending something."""
API = """
asyncapi: 3.0.0
info: {title: Echo, version: '1'}
servers: {here: {host: '127.0.0.1:1', protocol: ws}}
channels: {echo: {address: /, messages: {said: {payload: {type: object}}}}}
operations: {say: {action: send, channel: {$ref: '#/channels/echo'}}}
"""
CALLS = {
    "asyncapi": ("hangup", "init", "--asyncapi", "api.yaml", "-o", "plan.yaml"),
    "lab": ("hangup", "lab", "list"),
    "load": ("hangup", "load", NOBODY, "--metrics", NOWHERE),
    "locust": ("python", "-c", "from hangup.load.locust import WebSocketUser"),
    "mcp": ("hangup", "mcp"),
    "model": ("hangup", "chat", "--development", "--model-url", "http://127.0.0.1:1/v1",
              "--model", "any", "--redis", "no URL"),
    "otel": ("hangup", "record", "--store", "otel", "--", "uvicorn", "--version"),
    "postgres": ("hangup", "chat", "--development", "--postgres", "no URL"),
    "preflight": ("hangup", "preflight", "app.py"),
    "redis": ("hangup", "chat", "--development", "--redis", "no URL"),
    "watch": ("hangup", "watch", NOBODY, "--once", "--metrics", NOWHERE),
}  # fmt: skip
"""For each extra a call that needs it; what else is wrong with some comes after what is missing."""
GATHERED = {"server": ("model", "otel", "postgres", "redis")}
"""Extras that only gather others."""
OURS = {"dev", "docs"}
"""Extras for those who work on hangup itself."""
STATUS = {"locust": 1, "preflight": 3}
"""Other exit statuses than that of wrong usage: Python's own, and that of an incomplete look."""
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]


def called(where: Environment, call: Sequence[str]) -> tuple[int, str]:
    """Make a call in an environment; give its exit status and the last line that it wrote."""
    (where.cwd / "api.yaml").write_text(API)
    (where.cwd / "app.py").write_text("async def app(scope, receive, send): ...\n")
    program, *args = call
    done = where.run(str(where.root / "bin" / program), *args)
    return done.returncode, (done.stderr or done.stdout).strip().rpartition("\n")[2]


def test_every_extra_is_tried_here() -> None:
    assert {*CALLS, *GATHERED, *OURS} == set(EXTRAS)


@pytest.mark.parametrize("extra", CALLS)
def test_what_is_missing_is_said_in_one_sentence(bare: Environment, extra: str) -> None:
    status, told = called(bare, CALLS[extra])
    assert told.startswith(("hangup: ", "hangup.errors.UsageError: ", "not complete: ")), told
    assert f"pip install 'hangup[{extra}]'" in told
    assert status == STATUS.get(extra, 2)


@pytest.mark.parametrize("extra", sorted(EXTRAS.keys() - OURS))
def test_an_extra_alone_brings_what_is_needed(
    bare: Environment, tmp_path: Path, extra: str
) -> None:
    with_it = extended(bare, tmp_path, extra)
    for each in GATHERED.get(extra, (extra,)):
        status, told = called(with_it, CALLS[each])
        assert f"hangup[{each}]" not in told
        assert status in (0, 2), told
