"""How many files this process may open: each connection takes one."""

from __future__ import annotations

import sys
from pathlib import Path


def allow_files(more: int) -> None:
    """Raise our own limit as far as it goes: the endpoint's is to be met, and not ours."""
    if sys.platform == "win32":  # which has no such limit
        return
    import resource  # here: not every system has it

    wanted = len(list(Path("/dev/fd").iterdir())) + more
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_files() -> int | None:
    """Give how many files this process may open at the very most; None without a limit."""
    if sys.platform == "win32":
        return None
    import resource  # here: as above

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if hard == resource.RLIM_INFINITY else hard
