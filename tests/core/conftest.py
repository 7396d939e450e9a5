"""One investigation of the studied incident, shared by the tests that look at what it left."""

from __future__ import annotations

import asyncio

import pytest

from hangup.campaign import investigate
from hangup.demo.worlds import WORLDS
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Progress


@pytest.fixture(scope="session")
def investigated() -> list[Progress]:
    """All that a campaign tells of the incident, the conclusion last."""
    with WORLDS[0].start() as running:
        return asyncio.run(_told(running.inquiry))


async def _told(inquiry: Inquiry) -> list[Progress]:
    return [step async for step in investigate(inquiry)]


@pytest.fixture(scope="session")
def concluded(investigated: list[Progress]) -> Concluded:
    """The end of that investigation."""
    last = investigated[-1]
    assert isinstance(last, Concluded)
    return last
