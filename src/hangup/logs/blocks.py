"""Log files as blocks of bytes, decompressed on the way, in memory that does not grow."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Protocol

import zstandard

from hangup.errors import UsageError

BLOCK = 1024 * 1024
"""Bytes looked through at once: they stay in the processor's cache between the passes."""
SNIFFED = 4096
"""First bytes by which a file is known to be no text; only journald's export holds zeros."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class UnreadableLogError(UsageError):
    """A log file cannot be read; `source` is its name, `why` the reason."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source, self.why = source, why


class Readable(Protocol):
    """What gives bytes, as a file does."""

    def read(self, size: int, /) -> bytes: ...


class _Rewound:
    """A stream whose first bytes were taken to see what it is."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1, /) -> bytes:
        """Give the bytes that were taken first."""
        if self._head:
            given, self._head = self._head[:size], self._head[size:]
            return given
        return self._stream.read(size)


def blocks_of(source: str, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Give the blocks of a file, or of stdin for `-`, from an offset to another.

    Offsets count bytes of the file as it is stored, so they are for files that are not compressed.

    Raises:
        UnreadableLogError: when it is not there, cannot be read, or its compression is damaged.
    """
    try:
        if source == "-":
            yield from _decompressed(sys.stdin.buffer)
            return
        with Path(source).open("rb") as file:
            file.seek(begin)
            yield from _decompressed(file if end is None else _Bounded(file, end - begin))
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as exc:
        raise UnreadableLogError(source, f"its compressed data is damaged: {exc}") from None
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise UnreadableLogError(
            source, f"it cannot be read: {why[:1].lower() + why[1:]}"
        ) from None


class _Bounded:
    """A file up to an offset, for a log that grows while it is read."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int, /) -> bytes:
        """Give what is left of the bound at most."""
        raw = self._file.read(max(0, min(size, self._left)))
        self._left -= len(raw)
        return raw


def _decompressed(stream: Readable) -> Iterator[bytes]:
    head = stream.read(BLOCK)
    whole: Readable | IO[bytes] = _Rewound(head, stream)
    if head.startswith(GZIP):
        whole = gzip.GzipFile(fileobj=whole)  # type: ignore[arg-type]  # it only reads
    elif head.startswith(ZSTD):
        reader = zstandard.ZstdDecompressor()
        whole = reader.stream_reader(whole, read_across_frames=True)  # type: ignore[arg-type]
    first = whole.read(BLOCK)
    if b"\0" in first[:SNIFFED] and not first.startswith(b"__CURSOR="):
        raise ValueError("it holds binary data and no lines of a log")
    yield first
    while block := whole.read(BLOCK):
        yield block
