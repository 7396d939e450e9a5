"""A claim to something of a file, which no other process can have at the same time."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from types import TracebackType

from hangup.errors import UsageError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, place: int) -> None:
        os.lseek(file, place % 2**30, os.SEEK_SET)  # its offsets have 31 bits
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)


SUFFIX = ".lock"


class Claims:
    """Claims beside the file `path`; the system gives them up when the process ends, however.

    They are locks of single bytes of a file of their own, one for each name: those of fcntl on
    POSIX, those of `_locking` of the C library on Windows.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        beside = path + SUFFIX
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Not to be closed while a claim is held: that would give all of them up.
            self._file = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        except (OSError, ValueError) as exc:
            why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
            words = why[:1].lower() + why[1:]
            raise UsageError(f"the store {path!r} cannot be written: {words}") from None

    def claim(self, name: str) -> bool:
        """Claim a name, and say whether it is ours now.

        Raises:
            UsageError: the file system knows no locks.
        """
        try:
            _lock(self._file, _place(name))
        except (BlockingIOError, PermissionError):
            return False
        except OSError as exc:
            why = f"its file system gives no locks: {exc.strerror}"
            raise UsageError(f"the store {self._path!r} cannot be used: {why}") from None
        return True

    def __enter__(self) -> Claims:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:7], "big")
