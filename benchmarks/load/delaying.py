"""An echo server that answers after a known spread of delays: `python -m benchmarks.load.delaying`.

It prints "port N" once it listens. Each delay is between LEAST and MOST, all alike probable.
"""

from __future__ import annotations

import asyncio
from random import Random

from websockets.asyncio.server import ServerConnection, serve

LEAST, MOST = 0.001, 0.05
"""Seconds."""
SEED = 1


async def main() -> None:
    """Serve until we are ended."""
    draw = Random(SEED).uniform

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await asyncio.sleep(draw(LEAST, MOST))
            await connection.send(message)

    async with serve(echo, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print("port", next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
