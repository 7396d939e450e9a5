"""Parts of reports on loads, with what a test does not name left at something harmless."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from hangup.load.document import (
    Closures,
    Connections,
    LoadReport,
    Messages,
    Moment,
    Spread,
    Start,
)

SPREAD = Spread(
    count=1000, mean=11.0, p50=10.0, p90=20.0, p95=50.0, p99=250.0, p999=400.0, max=500.0
)


def moment(at_s: float = 0.0, **fields: Any) -> Moment:
    plain = Moment(
        at_s=at_s,
        opening=0,
        open=100,
        arrived=0,
        opened=0,
        failed=0,
        broken=0,
        sent=100,
        received=100,
        p50=10.0,
        p99=20.0,
        max=30.0,
    )
    return replace(plain, **fields)


def closures(kind: str = "closed-1011-empty", count: int = 1, **fields: Any) -> Closures:
    plain = Closures(
        kind=kind,
        wanted=False,
        code=1011,
        reason="",
        closed_by="remote",
        count=count,
        words="closed 1011",
        cause=None,
        layer=None,
        sure=0.0,
        after={},
        lifetimes={},
        together=1,
        first=Start(at_s=1.0, connection=1, open=0),
        example=None,
    )
    return replace(plain, **fields)


def report(**fields: Any) -> LoadReport:
    plain = LoadReport(
        url="wss://example.org/ws",
        began=0.0,
        elapsed_s=10.0,
        connections=Connections(
            planned=200, arrived=200, opened=190, failed=10, broken=5, peak=150
        ),
        messages=Messages(sent=2000, received=1980, lost=20),
        latency_ms=SPREAD,
        opening_ms=SPREAD,
        lag_ms=SPREAD,
        closures=(),
        first_break=None,
        moments=(),
    )
    return replace(plain, **fields)
