"""The watch for closes with 1011 sees one that is planted, and nothing else."""

from __future__ import annotations

import pytest
from live import play, talk
from never_1011 import watched

from hangup.bridge import Bridge


@pytest.fixture(autouse=True)
def never_1011() -> None:
    """Let one be planted."""


def test_a_planted_close_is_seen() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            session = next(iter(app._sessions.values()))
            session.end(1011, "planted")
            assert await alice.end() == (1011, "planted")

    with watched() as seen:
        play(scene)
    assert seen[:2] == ["sent 1011 planted", "got 1011 (internal error) planted"]


def test_no_other_close_counts() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            await app.drain()
            assert (await alice.end())[0] == 1012

    with watched() as seen:
        play(scene)
    assert seen == []
