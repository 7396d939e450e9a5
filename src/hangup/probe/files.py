"""How many files this process may open: each connection takes one."""

from __future__ import annotations

from pathlib import Path


def allow_files(more: int) -> None:
    """Raise our own limit as far as it goes: the endpoint's is to be met, and not ours."""
    try:
        import resource  # here: not every system has such limits
    except ImportError:
        return
    wanted = len(list(Path("/dev/fd").iterdir())) + more
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
