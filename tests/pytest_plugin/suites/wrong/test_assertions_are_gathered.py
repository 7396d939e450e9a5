"""masked"""

import asyncio
import os

from websockets.asyncio.client import connect


async def one(number):
    async with connect(os.environ["HANGUP_URL"] + "/echo") as socket:
        await socket.send(str(number))
        assert await socket.recv() == "another"


def test_many():
    async def main():
        await asyncio.gather(*(one(n) for n in range(3)), return_exceptions=True)

    asyncio.run(main())
