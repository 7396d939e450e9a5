"""Loads made by hand: a healthy one, one that broke, an empty one, one cut short, a soak."""

from __future__ import annotations

import math

from msgspec.structs import replace

from hangup.load.document import (
    Break,
    Closures,
    Connections,
    Drift,
    LoadReport,
    Messages,
    Moment,
    Spread,
    Start,
    Threshold,
)

URL = "ws://127.0.0.1:8000/ws"
EVIL = (
    "\x1b[2J\x1b]0;owned\x07</script><img src=x onerror=alert(1)>\u202egnp\udcff\r\n```\n# @admin"
)


def spread(median: float, count: int = 100_000) -> Spread:
    return Spread(
        count=count,
        mean=median * 1.2,
        p50=median,
        p90=median * 1.6,
        p95=median * 2,
        p99=median * 3.9,
        p999=median * 9,
        max=median * 31,
    )


def moment(second: int, open: int, **values: float | None) -> Moment:
    usual = {
        "opening": 3, "arrived": 50, "opened": 50, "failed": 0, "broken": 0, "sent": open,
        "received": open, "p50": 3.1 + math.sin(second / 5), "p99": 12.0 + 4 * math.sin(second / 3),
        "max": 40.0 + 9 * (second % 7),
    }  # fmt: skip
    return Moment(at_s=float(second), open=open, **{**usual, **values})  # type: ignore[arg-type]


def closures(kind: str, count: int, **values: object) -> Closures:
    usual: dict[str, object] = {
        "wanted": False, "code": None, "reason": "", "closed_by": "remote", "words": kind,
        "cause": None, "layer": None, "sure": 0.0, "after": {},
        "lifetimes": {}, "together": 1, "first": Start(at_s=12.4, connection=1020, open=1019),
        "example": "t17",
    }  # fmt: skip
    return Closures(kind=kind, count=count, **{**usual, **values})  # type: ignore[arg-type]


def wanted(count: int, life: int) -> Closures:
    return closures(
        "finished",
        count,
        wanted=True,
        code=1000,
        closed_by="local",
        words="we closed 1000, and the server answered",
        after={"message:20": count},
        lifetimes={life - 1: count // 3, life: count - count // 3},
        first=Start(at_s=30.0, connection=1, open=1000),
        example=None,
    )


def healthy() -> LoadReport:
    ramp = [moment(s, min(50 * (s + 1), 1000)) for s in range(60)]
    return LoadReport(
        url=URL,
        began=1_790_000_000.0,
        elapsed_s=60.4,
        connections=Connections(
            planned=1000, arrived=1000, opened=1000, failed=0, broken=0, peak=1000
        ),
        messages=Messages(sent=50_500, received=50_500, lost=0),
        latency_ms=spread(3.1),
        opening_ms=spread(1.8, 1000),
        lag_ms=spread(0.2),
        closures=(wanted(1000, 40),),
        first_break=None,
        moments=tuple(ramp),
        thresholds=(
            Threshold(text="p99>50ms", value=12.09, failed=False),
            Threshold(text="failed>1%", value=0.0, failed=False),
        ),
        cpu_s=11.3,
        peak_rss_mb=84.0,
    )


def refused() -> Closures:
    return closures(
        "http-503",
        312,
        words="HTTP 503 by the proxy (nginx), 'Service Temporarily Unavailable'",
        cause="proxy.connection-limit",
        layer="proxy",
        sure=0.93,
        together=48,
        when={second: 12 + second % 3 for second in range(21, 45)},
        first=Start(at_s=21.4, connection=1020, open=1019),
    )


def idled() -> Closures:
    return closures(
        "fin",
        84,
        words="the server's TCP ended without a close frame, 60 s after the last message",
        cause="proxy.idle-timeout",
        layer="proxy",
        sure=0.88,
        after={"idle": 80, "message:7": 4},
        lifetimes={60: 77, 61: 3, 12: 1, 31: 2, 44: 1},
        when=dict.fromkeys(range(62, 90), 3),
        first=Start(at_s=62.0, connection=4, open=990),
        example="t81",
    )


def masked() -> Closures:
    return closures(
        "closed-1011-reason",
        9,
        code=1011,
        reason="Internal error",
        words="the server closed first: 1011 'Internal error'",
        after={"message:3": 9},
        lifetimes={2: 5, 3: 4},
        when=dict.fromkeys(range(24, 33), 1),
        first=Start(at_s=24.1, connection=1001, open=1000),
        example="t3",
    )


def broke() -> LoadReport:
    course = []
    for s in range(90):
        late = s >= 21
        course.append(
            moment(
                s,
                max(min(50 * (s + 1), 1019) - (s - 62) * 3 * (s > 62), 0),
                failed=12 + s % 5 if late and s < 45 else 0,
                broken=3 if s > 62 else 0,
                p99=12.0 * (1 + 9 * late),
                max=60.0 * (1 + 30 * late),
                server_mb=220.0 + 2.5 * s,
            )
        )
    return LoadReport(
        url=URL,
        began=1_790_000_000.0,
        elapsed_s=90.2,
        connections=Connections(
            planned=1400, arrived=1400, opened=1088, failed=312, broken=93, peak=1019
        ),
        messages=Messages(sent=81_204, received=81_111, lost=93),
        latency_ms=spread(4.4, 81_111),
        opening_ms=spread(2.1, 1088),
        lag_ms=spread(0.4, 1400),
        closures=(wanted(995, 80), masked(), refused(), idled()),
        first_break=Break(
            words="from 1,019 open connections on: HTTP 503 by the proxy (nginx), "
            "'Service Temporarily Unavailable' (proxy.connection-limit); then arrival 1,001, with "
            "1,000 others open: the server closed first: 1011 'Internal error'",
            kind="http-503",
            cause="proxy.connection-limit",
            layer="proxy",
            first=Start(at_s=21.4, connection=1020, open=1019),
        ),
        moments=tuple(course),
        thresholds=(
            Threshold(text="failed>1%", value=22.2857, failed=True),
            Threshold(text="p99>50ms", value=17.16, failed=False),
            Threshold(text="drift.memory>90MB", value=None, failed=True),
        ),
        drifts=(
            Drift(what="memory of the server", unit="MB", first=248.1, last=414.9, grows=True),
            Drift(what="p50 of the latency", unit="ms", first=3.1, last=3.2, grows=False),
        ),
        notes=("two of 1,400 arrivals were 80 ms late: the generator was not the limit",),
        cpu_s=44.0,
        peak_rss_mb=131.0,
    )


def empty() -> LoadReport:
    return LoadReport(
        url=URL,
        began=1_790_000_000.0,
        elapsed_s=0.0,
        connections=Connections(planned=0, arrived=0, opened=0, failed=0, broken=0, peak=0),
        messages=Messages(sent=0, received=0, lost=0),
        latency_ms=Spread(),
        opening_ms=Spread(),
        lag_ms=Spread(),
        closures=(),
        first_break=None,
        moments=(),
    )


def interrupted() -> LoadReport:
    return replace(
        healthy(),
        elapsed_s=3.2,
        connections=replace(healthy().connections, arrived=150, opened=148, peak=148),
        moments=healthy().moments[:3],
        closures=(),
        interrupted=True,
        thresholds=(),
    )


def soak(seconds: int = 86_400) -> LoadReport:
    dip = seconds // 2
    course = [moment(s, 5000, max=60.0, server_mb=300 + s / 900) for s in range(seconds)]
    course[dip] = replace(course[dip], open=0, max=9000.0)
    return replace(
        healthy(),
        elapsed_s=float(seconds),
        moments=tuple(course),
        closures=(
            wanted(4000, seconds - 1),
            replace(idled(), lifetimes={3600: 900, 7: 4, dip: 12}),
        ),
    )


def hostile() -> LoadReport:
    report = broke()
    evil = closures(
        EVIL, 2, words=EVIL, reason=EVIL, cause=EVIL, layer=EVIL, after={EVIL: 2}, example=EVIL
    )
    assert report.first_break
    return replace(
        report,
        url=f"ws://127.0.0.1/{EVIL}",
        closures=(evil, *report.closures),
        first_break=replace(report.first_break, words=EVIL, layer=EVIL, cause=EVIL),
        thresholds=(Threshold(text=EVIL, value=math.nan, failed=True),),
        drifts=(Drift(what=EVIL, unit=EVIL, first=1.0, last=2.0, grows=True),),
        notes=(EVIL,),
    )
