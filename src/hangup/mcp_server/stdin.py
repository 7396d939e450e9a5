"""Lines of stdin, read so that a signal can end the server while its client is silent."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

MOST_LINE = 4 * 1024 * 1024
"""Bytes of one message; a longer one is cut, and refused as no JSON."""
BLOCK = 64 * 1024


async def lines(fd: int = 0) -> AsyncIterator[str]:
    """Give the lines until the other side closes.

    The SDK reads on a thread that Python waits for at its end, and a read cannot be cancelled.
    """
    blocks: asyncio.Queue[bytes] = asyncio.Queue(maxsize=4)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read, args=(fd, blocks, loop), daemon=True).start()
    begun = b""
    while block := await blocks.get():
        *whole, begun = (begun + block).split(b"\n")
        begun = begun[:MOST_LINE]
        for line in whole:
            yield line[:MOST_LINE].decode("utf-8", "replace")


def _read(fd: int, blocks: asyncio.Queue[bytes], loop: asyncio.AbstractEventLoop) -> None:
    block = b"\n"
    while block:
        try:
            block = os.read(fd, BLOCK)
        except OSError:
            block = b""
        putting = blocks.put(block)
        try:
            asyncio.run_coroutine_threadsafe(putting, loop).result()
        except (RuntimeError, asyncio.CancelledError):  # the loop has ended
            putting.close()
            return
