"""Opens TCP to one address after the other, each attempt recorded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from hangup.event import Connected, ConnectFailed, Connecting, DeadlineExpired
from hangup.failure import name_error
from hangup.probe.recorder import Recorder
from hangup.probe.wire import NarrowWire, SocketWire, Wire


async def connect(
    addresses: Sequence[str],
    port: int,
    recorder: Recorder,
    within: float,
    *,
    narrow: bool = False,
) -> Wire | None:
    """Give the wire to the first address that answers, None when none does in its share of time.

    One after the other and not in parallel: which address fails is part of the answer. A `narrow`
    one has a small receive buffer.
    """
    end = recorder.now + within
    for number, address in enumerate(addresses):
        share = (end - recorder.now) / (len(addresses) - number)
        wire = await _connect_one(address, port, recorder, share, narrow)
        if wire:
            return wire
    return None


async def connect_narrowly(
    addresses: Sequence[str], port: int, recorder: Recorder, within: float
) -> Wire | None:
    """Connect as `connect` does, with a small receive buffer."""
    return await connect(addresses, port, recorder, within, narrow=True)


async def _connect_one(
    address: str, port: int, recorder: Recorder, within: float, narrow: bool
) -> SocketWire | None:
    began = recorder.now
    recorder.add(Connecting(at=began, address=address, port=port))
    sock: socket.socket | None = None
    wire: SocketWire | None = None
    try:
        sock = socket.socket(_family(address), socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if narrow:
            NarrowWire.narrow(sock)
        async with asyncio.timeout(within):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
        connected = Connected(
            at=recorder.now,
            address=address,
            port=port,
            local=_name(sock),
            took=recorder.now - began,
        )
    except TimeoutError as exc:
        if exc.errno is None:  # ours; the kernel's own timeout carries ETIMEDOUT
            recorder.add(
                DeadlineExpired(at=recorder.now, waiting_for=f"TCP to {address}", since=began)
            )
        else:
            _record_failure(recorder, address, port, exc, began)
    except OSError as exc:
        _record_failure(recorder, address, port, exc, began)
    else:
        recorder.add(connected)
        wire = (NarrowWire if narrow else SocketWire)(sock)
    finally:
        if sock and wire is None:
            sock.close()
    return wire


def _record_failure(
    recorder: Recorder, address: str, port: int, exc: OSError, began: float
) -> None:
    recorder.add(
        ConnectFailed(
            at=recorder.now,
            address=address,
            port=port,
            failure=name_error(exc),
            text=exc.strerror or str(exc),
            took=recorder.now - began,
        )
    )


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _name(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
