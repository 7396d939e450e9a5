"""Dials a scripted peer once and gives the trace."""

from __future__ import annotations

import asyncio
import ssl

from hangup.endpoint import Endpoint, Tls
from hangup.probe.dial import Script, dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

from .peer import Action, playing

PATIENCE = 2.0
DEADLINE = 5.0


def endpoint_at(port: int, **changes: object) -> Endpoint:
    """Give an endpoint on loopback."""
    return Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws").with_(**changes)


async def trace_of(
    endpoint: Endpoint,
    script: Script | None = None,
    *,
    opening: Opening | None = None,
    patience: float = PATIENCE,
    within: float = DEADLINE,
    secrets: tuple[str, ...] = (),
    **seams: object,
) -> Trace:
    """Dial and freeze what was recorded."""
    recorder = Recorder(Redactor(secrets))
    deadline = asyncio.get_running_loop().time() + within
    await dial(
        endpoint,
        opening or Opening(),
        script,
        recorder,
        patience=patience,
        deadline=deadline,
        **seams,
    )
    return recorder.trace(id="t1", experiment="test", variant="", url=endpoint.url)


def watch(
    *actions: Action,
    script: Script | None = None,
    tls: ssl.SSLContext | None = None,
    client_tls: Tls | None = None,
    opening: Opening | None = None,
    patience: float = PATIENCE,
    within: float = DEADLINE,
    secrets: tuple[str, ...] = (),
    **changes: object,
) -> Trace:
    """Play the actions to one dial and give its trace."""

    async def main() -> Trace:
        async with playing(*actions, tls=tls) as peer:
            return await trace_of(
                endpoint_at(peer.port, tls=client_tls or Tls(), **changes),
                script,
                opening=opening,
                patience=patience,
                within=within,
                secrets=secrets,
            )

    return asyncio.run(main())


async def say_nothing(session: object) -> None:
    """Be a script that leaves everything to the peer, until the connection is over."""
    await session.listen(DEADLINE)


def names(trace: Trace) -> list[str]:
    """Give the names of a trace's events in order."""
    return [type(event).__name__ for event in trace.events]
