"""What the resolver answers for the names of the worlds, beside what the machine's own knows."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

NAMES = {
    "both.hangup.test": ("::1", "127.0.0.1"),
    "pool.hangup.test": ("127.0.0.1", "127.0.0.2"),
    "wrong.hangup.test": ("127.0.0.1",),
}


@contextlib.contextmanager
def names_known() -> Iterator[None]:
    """Let this process's resolver know the names of the worlds."""
    system: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in NAMES:
            return system(host, port, *args, **kwargs)
        return [info for each in NAMES[host] for info in system(each, port, *args, **kwargs)]

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = system
