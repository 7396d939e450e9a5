"""masked"""

import asyncio
import os

import aiohttp


def test_stream():
    async def main():
        url = os.environ["HANGUP_URL"] + "/closes/1011"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_str("hello")
            return [message.data async for message in socket]

    assert isinstance(asyncio.run(main()), list)
