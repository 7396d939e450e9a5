"""An interactive shell on a terminal of its own, into which a line is typed with its tab."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
SETUP = {
    "bash": "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'",
    "zsh": "autoload -U compinit; compinit -u -D; unset zle_bracketed_paste",
}
WITHIN = 40.0
"""Seconds that a shell may take to answer on a machine that is busy."""


class Shell:
    """A running shell in a folder, to which hangup's completion was given."""

    def __init__(self, name: str, folder: Path) -> None:
        self._terminal, inner = pty.openpty()
        path = os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HANGUP_")}
        self._process = subprocess.Popen(
            SHELLS[name],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=folder,
            env={**kept, "PATH": path, "PS1": "", "TERM": "dumb", "COLUMNS": "400"},
            start_new_session=True,
        )
        os.close(inner)
        self._type(f"{SETUP[name]}; source <(hangup completion {name}); echo READ''Y\n")
        self._until("READY")

    def completed(self, line: str) -> str:
        """Type a line and a tab, and give the words that the shell would then call with.

        The program of the line is replaced by one that prints its arguments, each in <>.
        """
        self._type("hangup() { printf '<%s>' \"$@\"; echo EN''D; }\n")
        self._type(f"{line}\t\n")
        said = self._until("END")
        self._type("unset -f hangup\n")
        return said[said.rfind("\n", 0, said.rfind("END")) + 1 :].partition("END")[0].strip()

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _until(self, wanted: str) -> str:
        said, deadline = "", time.monotonic() + WITHIN
        while wanted not in said:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self._terminal], [], [], max(left, 0))
            if not readable:
                raise AssertionError(f"{wanted} did not come: {said!r}")
            said += os.read(self._terminal, 65536).decode("utf-8", "replace")
        return said.replace("\r", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)
