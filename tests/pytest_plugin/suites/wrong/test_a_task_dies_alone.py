"""masked"""

import asyncio
import os

from websockets.asyncio.client import connect


def test_reader():
    async def main():
        async with connect(os.environ["HANGUP_URL"] + "/echo") as socket:

            async def read():
                raise ValueError(await socket.recv())

            task = asyncio.create_task(read())
            await socket.send("hello")
            await asyncio.wait([task])

    asyncio.run(main())
