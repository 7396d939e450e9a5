"""No run outlives its budget by more than a second, or grows, whatever the peer does."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import peers
from .conftest import StartPeer
from .isolation import NOWHERE, darkness
from .program import Run, diagnose, hangup

BUDGET = 1.5
LATE = 1.0
MOST_MB = 200
NEVER_ENDING = (
    peers.says_nothing,
    peers.a_byte_a_second,
    peers.a_frame_a_byte_a_second,
    peers.half_a_frame,
    peers.ping_flood,
    peers.ping_flood_read,
    peers.gibibyte_frame,
    peers.gibibyte_in_fragments,
    peers.headers_without_end,
    peers.headers_flooding,
    peers.headers_that_stop,
    peers.body_without_end,
)


def _check(run: Run) -> None:
    assert run.elapsed <= BUDGET + LATE
    assert run.peak_mb < MOST_MB
    assert run.status in (1, 3), run.stderr
    assert run.document["verdict"] in ("fault", "inconclusive")
    assert run.document["elapsed_s"] <= BUDGET + LATE


@pytest.mark.parametrize("play", NEVER_ENDING, ids=lambda play: play.__name__)
def test_the_budget_ends_a_run_against(peer: StartPeer, play: peers.Play) -> None:
    server = peer(play)
    _check(diagnose(server.url, "--budget", f"{BUDGET:g}"))
    assert server.connections


@pytest.mark.parametrize("pattern", [".*welcome", "a+ready", ".*.*x"])
def test_the_budget_ends_a_search_that_takes_quadratic_time(peer: StartPeer, pattern: str) -> None:
    url = peer(peers.one_letter_for_ever).url
    words = ["--send", "hello", "--expect", pattern]
    _check(diagnose(url, *words, "--budget", f"{BUDGET:g}"))


@pytest.mark.parametrize(
    "play",
    [peers.half_a_frame, peers.ping_flood, peers.ping_flood_read, peers.gibibyte_in_fragments],
    ids=lambda play: play.__name__,
)
def test_the_budget_ends_a_conversation_with(peer: StartPeer, play: peers.Play) -> None:
    words = ["--send", "hello", "--expect", "hello"]
    _check(diagnose(peer(play).url, *words, "--budget", f"{BUDGET:g}"))


def test_the_budget_ends_a_tls_handshake_that_is_never_answered(peer: StartPeer) -> None:
    url = peer(peers.says_nothing).url.replace("ws://", "wss://")
    _check(diagnose(url, "--budget", f"{BUDGET:g}"))


def test_the_budget_ends_a_tunnel_that_is_never_built(peer: StartPeer) -> None:
    proxy = peer(peers.says_nothing).url.replace("ws://", "http://").removesuffix("/ws")
    _check(diagnose("ws://chat.example/ws", "--proxy", proxy, "--budget", f"{BUDGET:g}"))


@contextlib.contextmanager
def _full_backlog() -> Iterator[int]:
    """Listen with a queue that is full: Linux drops each further SYN."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


def test_the_budget_ends_connecting_to_a_full_backlog() -> None:
    with _full_backlog() as port:
        run = diagnose(f"ws://127.0.0.1:{port}/ws", "--budget", f"{BUDGET:g}")
    _check(run)
    assert run.document["closure"] is None


@pytest.fixture
def in_the_dark(tmp_path: Path) -> Callable[..., Run]:
    prefix = darkness(tmp_path)
    if prefix is None:
        pytest.skip("a network namespace needs root, and the programs unshare and ip")
    return lambda *args: hangup(*args, "--json", "-q", prefix=prefix)


def test_the_budget_ends_connecting_to_a_blackholed_address(
    in_the_dark: Callable[..., Run],
) -> None:
    run = in_the_dark(f"ws://{NOWHERE}/ws", "--budget", f"{BUDGET:g}")
    _check(run)
    assert run.document["cause"] in (None, "tcp.filtered"), run.document["summary"]


def test_the_budget_ends_a_resolver_that_hangs(in_the_dark: Callable[..., Run]) -> None:
    run = in_the_dark("ws://chat.example/ws", "--budget", f"{BUDGET:g}")
    _check(run)
    assert run.document["layer"] in (None, "dns"), run.document["summary"]
