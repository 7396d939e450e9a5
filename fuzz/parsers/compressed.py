"""Log files of gzip and zstd: read in memory that does not grow, whatever they claim to hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hangup.errors import UsageError
from hangup.logs.blocks import BLOCK
from hangup.logs.reading import Logs

MOST = 8 * BLOCK
"""Bytes after which a bomb has shown that it is read block by block."""


class _Counted(Logs):
    """Reads on until a bomb has shown enough."""

    def read_blocks(self, blocks):
        return super().read_blocks(self._some(blocks))

    def _some(self, blocks):
        size = 0
        for block in blocks:
            assert len(block) <= BLOCK
            size += len(block)
            yield block
            if size > MOST:
                return


def parse(data: bytes) -> None:
    """Read the input as a file."""
    with tempfile.NamedTemporaryFile(prefix="hangup-fuzz-") as file:
        file.write(data)
        file.flush()
        try:
            list(_Counted().read(str(Path(file.name))))
        except UsageError as exc:
            assert len(str(exc)) < 1000
