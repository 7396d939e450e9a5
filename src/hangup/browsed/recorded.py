"""Finds what the server's recorder saw of a browser's connection, which carries no id of ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from hangup.browsed.columns import browsed, shortened
from hangup.correlate import Offset, Pair, offset_of, server_moments
from hangup.diagnosis import Diagnosis, Sight
from hangup.event import Connected, RequestSent
from hangup.incident import ConnectionSeen
from hangup.trace import Trace

SLACK = 2.0
"""Seconds by which a connection may have arrived before or after the request was sent."""


def with_server(
    diagnosis: Diagnosis,
    traces: Sequence[Trace],
    pairs: Sequence[Pair],
    seen: Iterable[ConnectionSeen],
) -> Diagnosis:
    """Fill the column of the server, where one of the connections is the browser's.

    `pairs` are the probe's own connections, from which the server's clock is known.
    """
    browser = diagnosis.browser
    trace = next((each for each in reversed(browsed(traces))), None)
    if browser is UNSET or trace is None:
        return diagnosis
    offset = offset_of(pairs)
    found = same_connection(trace, seen, offset)
    if found is None:
        return diagnosis
    shift = trace.began + (offset.seconds if offset else 0.0)
    sights = [
        Sight(at_ms=round((at - shift) * 1000, 1) if offset else None, says=says)
        for at, says in server_moments(found)
    ]
    return replace(
        diagnosis, browser=replace(browser, server=tuple(shortened(sights)), recorded=True)
    )


def same_connection(
    trace: Trace, seen: Iterable[ConnectionSeen], offset: Offset | None
) -> ConnectionSeen | None:
    """Give the connection that a trace is of: from the same address and port, or the only one.

    Behind a proxy its address is another's: then it is the one of this path and this moment, if no
    other is. A browser cannot be made to send a header of ours with its opening request.
    """
    asked, connected = trace.first(RequestSent), trace.first(Connected)
    if asked is None or connected is None:
        return None
    sent = trace.began + asked.at + (offset.seconds if offset else 0.0)
    path = asked.target.partition("?")[0]
    near = [
        each
        for each in seen
        if abs(each.at - sent) <= SLACK and each.path.partition("?")[0] == path
    ]
    own = [each for each in near if each.peer and each.peer == connected.local]
    if own:
        return own[0]
    return near[0] if len(near) == 1 else None
