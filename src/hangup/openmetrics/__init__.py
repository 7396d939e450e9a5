"""A page of metrics for Prometheus and its like, as prometheus_client serves it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from hangup.address import bracketed
from hangup.errors import UsageError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

LOOPBACK = "127.0.0.1"
Collect = Callable[[], "Iterable[Metric]"]


@contextlib.contextmanager
def serve(
    collect: Collect,
    port: int,
    host: str = LOOPBACK,
    *,
    where: str = "--metrics",
    extra: str = "watch",
) -> Iterator[str]:
    """Serve what `collect` gives, on a thread that ends with the context, and give the page's URL.

    `collect` is called for each request, on the request's own thread. The client's Accept header
    chooses between OpenMetrics and the older text format. Port 0 takes a free one. `extra` is the
    one that brings prometheus_client to whoever asks for this page.

    Raises:
        UsageError: prometheus_client is not installed, or the address cannot be listened on.
    """
    try:
        from prometheus_client import start_http_server  # here: it is an extra
    except ImportError:
        install = f"pip install 'hangup[{extra}]'"
        raise UsageError(f"{where}: it needs prometheus-client; install it: {install}") from None
    try:
        server, thread = start_http_server(port, host, registry_of(collect))
    except (OSError, OverflowError) as exc:
        why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        place = f"{bracketed(host)}:{port}"
        raise UsageError(
            f"{where}: {place} cannot be listened on: {why[:1].lower()}{why[1:]}"
        ) from None
    try:
        yield f"http://{bracketed(host)}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def registry_of(collect: Collect) -> CollectorRegistry:
    """Give a registry of its own, without what prometheus_client tells of the process."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.registry import Collector

    class Collected(Collector):
        def collect(self) -> Iterable[Metric]:
            return collect()

        def describe(self) -> Iterable[Metric]:
            return ()  # else all is collected once before anything is there

    registry = CollectorRegistry()
    registry.register(Collected())
    return registry


def parse_place(text: str, where: str) -> tuple[str, int]:
    """Read `[HOST:]PORT`; without a host it is loopback.

    Raises:
        UsageError: it is none.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host or (colon and not host):
        raise UsageError(f"{where}: {text!r} is no [HOST:]PORT; write it as 9100 or [::1]:9100")
    if not (port.isascii() and port.isdigit() and len(port) < 6) or int(port) > 65_535:
        raise UsageError(f"{where}: {text!r} is no [HOST:]PORT; write it as 9100 or 0.0.0.0:9100")
    return host or LOOPBACK, int(port)
