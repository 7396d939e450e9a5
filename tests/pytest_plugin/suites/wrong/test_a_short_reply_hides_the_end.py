"""masked"""

import asyncio
import os

from websockets.asyncio.client import connect


def test_answer():
    async def main():
        async with connect(os.environ["HANGUP_URL"] + "/answers-and-closes") as socket:
            await socket.send("hello")
            return await socket.recv()

    assert asyncio.run(main()) == "hello"
