"""One exception after accept, five servers with four endings on the wire, one cause."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .program import diagnose

ENDINGS = {
    "uvicorn": ("fin", 1006),
    "hypercorn": ("peer-frame", 1011),
    "daphne": ("peer-frame", 1011),
    "granian": ("peer-frame", 1005),
    "websockets": ("peer-frame", 1011),
}
CONVERSATIONS = {"unsaid": (), "said": ("--send", "hello", "--expect", "hello")}


@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize("server", ENDINGS)
def test_an_exception_after_accept_has_one_cause_on_every_server(
    start_server: Callable[..., str], server: str, conversation: str
) -> None:
    url = start_server(server, "crash_after_accept")
    run = diagnose(url, *CONVERSATIONS[conversation])
    document = run.document
    closure = document["closure"]
    assert (closure["origin"], closure["code"]) == ENDINGS[server]
    assert (run.status, document["cause"]) == (1, "session.exception-after-accept")
