"""masked"""

import asyncio
import os

import aiohttp


def test_connection():
    async def main():
        url = os.environ["HANGUP_URL"] + "/refuses"
        async with aiohttp.ClientSession() as session:
            try:
                await session.ws_connect(url)
            except aiohttp.ClientError:
                return "handled"

    assert asyncio.run(main()) == "handled"
