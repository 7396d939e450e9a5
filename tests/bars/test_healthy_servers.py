"""A healthy endpoint is called healthy on every server, after two seconds of asking at most.

The start of the program and its report depend on the machine, and are timed by the benchmark.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .program import diagnose

WITHIN = 2.0
SERVERS = ("uvicorn", "hypercorn", "aiohttp", "tornado", "node-ws")
CONVERSATIONS = {
    "unsaid": (),
    "answered": ("--send", "hello", "--expect", "hello"),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_healthy_server_is_healthy_after_two_seconds_at_most(
    start_server: Callable[..., str], server: str, conversation: str
) -> None:
    url = start_server(server)
    run = diagnose(url, *CONVERSATIONS[conversation])
    document = run.document
    assert (run.status, document["verdict"]) == (0, "healthy")
    assert (document["layer"], document["cause"]) == (None, None)
    assert [f["cause"] for f in document["findings"] if f["verdict"] == "supported"] == []
    assert document["elapsed_s"] <= WITHIN
