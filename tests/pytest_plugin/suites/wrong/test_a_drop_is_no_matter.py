"""masked"""

import asyncio
import os

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def test_conversation():
    async def main():
        async with connect(os.environ["HANGUP_URL"] + "/drops") as socket:
            await socket.send("hello")
            try:
                await socket.recv()
            except ConnectionClosed:
                pass

    asyncio.run(main())
