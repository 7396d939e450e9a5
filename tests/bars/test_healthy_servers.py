"""A healthy endpoint is called healthy on every server, within two seconds, said or unsaid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .program import diagnose, fastest

WITHIN = 2.0
SERVERS = ("uvicorn", "hypercorn", "aiohttp", "tornado", "node-ws")
CONVERSATIONS = {
    "unsaid": (),
    "answered": ("--send", "hello", "--expect", "hello"),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_healthy_server_is_healthy_within_two_seconds(
    start_server: Callable[..., str], server: str, conversation: str
) -> None:
    url = start_server(server)
    run = fastest(lambda: diagnose(url, *CONVERSATIONS[conversation]), WITHIN)
    document = run.document
    assert (run.status, document["verdict"]) == (0, "healthy")
    assert (document["layer"], document["cause"]) == (None, None)
    assert [f["cause"] for f in document["findings"] if f["verdict"] == "supported"] == []
    assert run.elapsed <= WITHIN
