"""Counts numbered messages as they come, and waits for enough of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from hangup.numbering import number_of
from hangup.probe.dial import Script

if TYPE_CHECKING:
    from hangup.probe.session import Session


class Count:
    """The numbers that came on one connection; `enough` is set once there are `wanted` of them."""

    def __init__(self, wanted: int) -> None:
        self.numbers: list[int] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    def note(self, message: bytes) -> None:
        """Take in one message."""
        number = number_of(message)
        if number is not None:
            self.numbers.append(number)
        if len(self.numbers) >= self._wanted:
            self.enough.set()


async def first_of(*either: Awaitable[object]) -> None:
    """Run some until the first is done, and let go of the others."""
    tasks = [asyncio.ensure_future(each) for each in either]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def counted(script: Script, wanted: int, within: float) -> Script:
    """Play a script, and then listen until so many numbered messages came, if they come in time."""

    async def play(session: Session) -> None:
        count = Count(wanted)
        session.attend(count.note)
        await script(session)
        await first_of(count.enough.wait(), session.listen(within))

    return play
