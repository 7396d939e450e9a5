"""The lints that read syntax trees, each a function from a function of the code to its hits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hangup.preflight.finding import Hit
from hangup.preflight.lints import closing, excepting, opening, running, values
from hangup.preflight.look import Codebase
from hangup.preflight.module import Function

Lint = Callable[[Codebase, Function], Iterator[Hit]]

OF_SOCKETS: tuple[Lint, ...] = (
    opening.order,
    opening.consumer,
    opening.aiohttp,
    opening.subprotocol,
    opening.http_only,
    opening.deadline,
    closing.codes,
    closing.order,
    closing.returns,
    excepting.masks,
    excepting.swallows,
    excepting.loops,
    excepting.total,
    values.unserializable,
    running.global_socket,
)
"""For functions that hold a socket."""
BESIDE: tuple[Lint, ...] = (values.passed, values.not_awaited, running.blocking, running.dangling)
"""For whatever runs in the same process as a handler."""
ANYWHERE: tuple[Lint, ...] = (opening.middleware,)
