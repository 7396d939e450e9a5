"""Runs hangup as a process of its own, which ends with the call that asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream
from msgspec import Struct

from hangup.errors import UsageError
from hangup.mcp_server.order import Order

MOST_BYTES = 16 * 1024 * 1024
"""A document beyond this is no result that a caller could use."""
MOST_LINE = 8192
MOST_LINES = 60

Heard = Callable[[str], Awaitable[None]]
"""Is told each line of progress."""


class Ended(Struct, frozen=True):
    """How a run ended: its exit status, its document, and its last lines on stderr."""

    status: int
    document: bytes
    lines: tuple[str, ...]


async def run(order: Order, folder: Path | None, heard: Heard) -> Ended:
    """Run hangup in a folder; when the call is cancelled or late, the process is killed.

    Raises:
        UsageError: it took too long, gave too much, or its arguments cannot be passed.
    """
    # -P: what lies in the folder is somebody else's code, and must not be imported by its name.
    command = [sys.executable, "-P", "-m", "hangup", *order.args]
    try:
        with anyio.fail_after(order.seconds):
            return await _run(command, _environ(os.environ, order), folder, heard)
    except TimeoutError:
        raise UsageError(f"it took more than {order.seconds:g} seconds and was ended") from None
    except ValueError as exc:  # a NUL, or half of a surrogate pair
        raise UsageError(f"an argument cannot be passed on: {exc}") from None


def _environ(ours: Mapping[str, str], order: Order) -> dict[str, str]:
    """Give our environment without options of hangup: the caller's are all that count."""
    kept = {name: value for name, value in ours.items() if not name.startswith("HANGUP_")}
    return {**kept, **order.environ}


async def _run(
    command: list[str], environ: dict[str, str], folder: Path | None, heard: Heard
) -> Ended:
    lines = _Lines(heard)
    # Leaving this block by an exception, cancellation among them, kills the process.
    async with await anyio.open_process(
        command, stdin=subprocess.DEVNULL, cwd=folder, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        async with anyio.create_task_group() as group:
            group.start_soon(lines.read, process.stderr)
            document = await _whole(process.stdout)
        status = await process.wait()
    if document is None:
        raise UsageError(f"the result is larger than {MOST_BYTES // 1024**2} MiB")
    return Ended(status, document, tuple(lines.last))


async def _whole(stream: ByteReceiveStream) -> bytes | None:
    """Read to the end; of what is too much, read on and keep nothing."""
    pieces: list[bytes] = []
    size = 0
    async for piece in stream:
        size += len(piece)
        if size <= MOST_BYTES:
            pieces.append(piece)
    return b"".join(pieces) if size <= MOST_BYTES else None


class _Lines:
    """Hands on lines of stderr as they come, and remembers the last ones."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self.last: deque[str] = deque(maxlen=MOST_LINES)

    async def read(self, stream: ByteReceiveStream) -> None:
        """Read to the end; a line beyond its bound is cut."""
        begun = b""
        async for piece in stream:
            *whole, begun = (begun + piece).split(b"\n")
            begun = begun[:MOST_LINE]
            for line in whole:
                await self._take(line)
        await self._take(begun)

    async def _take(self, line: bytes) -> None:
        text = line[:MOST_LINE].decode("utf-8", "replace").strip()
        if text:
            self.last.append(text)
            await self._heard(text)
