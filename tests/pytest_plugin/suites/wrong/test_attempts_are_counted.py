"""masked"""

import asyncio
import os

from websockets.asyncio.client import connect


async def one():
    async with connect(os.environ["HANGUP_URL"] + "/refuses"):
        return "connected"


def test_five_at_once():
    async def main():
        return await asyncio.gather(*(one() for _ in range(5)), return_exceptions=True)

    assert len(asyncio.run(main())) == 5
