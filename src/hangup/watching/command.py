"""A hook that is a command, which is ended with all that it started when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping

from msgspec import Struct

from hangup.watching.hooks import HookFailedError, News

OURS = "HANGUP_"
"""Variables of this beginning are options, credentials among them, and are not passed on."""
STDERR = 2


class Command(Struct, frozen=True):
    """A line for /bin/sh, and the seconds that it may take."""

    line: str
    within: float = 30.0

    @property
    def name(self) -> str:
        """Its first word alone: what follows may be a credential, and so may a variable."""
        first = (self.line.split() or [""])[0]
        return "a command" if "=" in first else f"command {first!r}"

    async def tell(self, news: News) -> None:
        """Run it with the document on its standard input; what it prints goes to our stderr.

        Raises:
            HookFailedError: it could not be run, took too long or ended with another status than 0.
        """
        if sys.platform == "win32":
            raise HookFailedError("commands are run on Linux and macOS only")
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                self.line,
                stdin=asyncio.subprocess.PIPE,
                stdout=STDERR,
                env={**_without_ours(os.environ), **news.environ},
                start_new_session=True,
            )
        except (OSError, ValueError) as exc:
            raise HookFailedError(f"it cannot be run: {exc}") from None
        await self._await(process, news.body)

    async def _await(self, process: asyncio.subprocess.Process, body: bytes) -> None:
        if sys.platform == "win32":
            raise NotImplementedError
        try:
            async with asyncio.timeout(self.within):
                await process.communicate(body + b"\n")
        except TimeoutError:
            raise HookFailedError(f"it was ended after {self.within:g} s") from None
        finally:
            # Also what a command that is over has left behind, and all of it when we end.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.wait())
        if process.returncode:
            raise HookFailedError(f"it ended with status {process.returncode}")


def _without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(OURS)}
