"""Diagnoses and traces made by hand: the incident, a refusal, a certificate, a healthy run."""

from __future__ import annotations

from msgspec.structs import replace

from hangup import event as ev
from hangup.closure import closure_of
from hangup.diagnosis import (
    Alternative,
    Diagnosis,
    EndpointSeen,
    Evidence,
    ExperimentRun,
    Finding,
    Incident,
    Moment,
)
from hangup.trace import Trace

URL = "ws://127.0.0.1:8000/ws"
EVIL = (
    "\x1b[2J\x1b]0;owned\x07</script><img src=x onerror=alert(1)>\u202egnp\udcff\r\n```\n# @admin"
)


def trace(*events: ev.Event, id: str = "t1", experiment: str = "baseline", url: str = URL) -> Trace:
    return Trace(id=id, experiment=experiment, url=url, began=1_790_000_000.0, events=events)


def connected() -> tuple[ev.Event, ...]:
    return (
        ev.Resolved(
            at=0.0002, host="127.0.0.1", addresses=("127.0.0.1",), source="literal", took=0.0
        ),
        ev.Connecting(at=0.0003, address="127.0.0.1", port=8000),
        ev.Connected(at=0.0006, address="127.0.0.1", port=8000, local="127.0.0.1:5", took=0.0003),
    )


def asked() -> ev.RequestSent:
    headers = (("Host", "127.0.0.1:8000"), ("Upgrade", "websocket"))
    return ev.RequestSent(at=0.0009, method="GET", target="/ws", headers=headers, upgrade=True)


def answered(status: int, reason: str, at: float = 0.0034, body: bytes = b"") -> ev.Event:
    return ev.ResponseReceived(
        at=at,
        status=status,
        reason=reason,
        http_version="1.1",
        headers=(("server", "uvicorn"),),
        body=body,
        body_size=len(body),
        took=at - 0.0009,
    )


def opened() -> tuple[ev.Event, ...]:
    upgraded = ev.Upgraded(at=0.0035, subprotocol=None, extensions=(), glued=0)
    return (*connected(), asked(), answered(101, "Switching Protocols"), upgraded)


def sent(at: float, text: str) -> ev.FrameSent:
    data = text.encode("utf-8", "surrogatepass")  # a peer may send what is no UTF-8
    return ev.FrameSent(at=at, opcode="text", size=len(data), data=data)


def received(at: float, text: str) -> ev.FrameReceived:
    data = text.encode("utf-8", "surrogatepass")
    return ev.FrameReceived(at=at, opcode="text", size=len(data), wire_size=len(data), data=data)


def close_received(at: float, code: int | None, reason: str) -> ev.FrameReceived:
    size = 0 if code is None else 2 + len(reason)
    return ev.FrameReceived(
        at=at, opcode="close", size=size, wire_size=size, code=code, reason=reason
    )


def close_sent(at: float, code: int, reason: str = "", automatic: bool = False) -> ev.FrameSent:
    return ev.FrameSent(
        at=at, opcode="close", size=2, code=code, reason=reason, automatic=automatic
    )


def incident_trace(reason: str = "Internal error") -> Trace:
    return trace(
        *opened(),
        close_received(0.0066, 1011, reason),
        close_sent(0.0067, 1011, reason, automatic=True),
        ev.StreamEnded(at=0.0071),
        ev.LocalClose(at=0.0072, why="the closing handshake is done"),
    )


def healthy_trace() -> Trace:
    return trace(
        *opened(),
        sent(0.004, '{"say": "hello"}'),
        received(0.009, '{"heard": "hello"}'),
        ev.Matched(at=0.009, what="hello"),
        close_sent(0.010, 1000),
        close_received(0.012, 1000, ""),
        ev.StreamEnded(at=0.0125),
    )


def refused_trace() -> Trace:
    return trace(*connected(), asked(), answered(403, "Forbidden", body=b"no"))


def plain_trace(id: str = "t2") -> Trace:
    request = replace(asked(), upgrade=False)
    return trace(*connected(), request, answered(200, "OK"), id=id, experiment="plain-get")


def certificate_trace() -> Trace:
    failed = ev.TlsFailed(
        at=0.02,
        failure="tls.name-mismatch",
        text="Hostname mismatch, certificate is not valid for 'app.test'.",
        took=0.015,
    )
    return trace(*connected(), failed, url="wss://app.test/ws")


def diagnosis(seen: Trace, cause: str | None = "session.masked-exception") -> Diagnosis:
    layer = cause.split(".")[0] if cause else None
    supported = Finding(
        cause=cause or "session.none",
        verdict="supported",
        confidence=0.97,
        evidence=(
            Evidence(trace="t1", event=len(seen.events) - 1, says="the ending was seen here"),
        ),
    )
    refuted = Finding(
        cause="proxy.backend-down",
        verdict="refuted",
        confidence=0.0,
        evidence=(Evidence(trace="t1", event=4, says="101 came from the application in 3 ms"),),
    )
    run = ExperimentRun(
        name="baseline",
        question="How does an honest client fare?",
        outcome="closed 1011" if cause else "healthy",
        traces=("t1",),
        elapsed_s=0.01,
    )
    return Diagnosis(
        endpoint=EndpointSeen(
            url=seen.url,
            addresses=("127.0.0.1",),
            server="uvicorn",
            seen_at="2026-09-21T12:00:00Z",
        ),
        verdict="fault" if cause else "healthy",
        layer=layer,
        cause=cause,
        confidence=0.97,
        summary=(
            "The application raises an exception right after it accepts, and a handler hides it "
            "behind 1011 'Internal error'."
            if cause
            else "The endpoint accepted, answered and closed as it should."
        ),
        alternatives=(
            Alternative(
                cause="auth.auth-code-crashes",
                layer="auth",
                confidence=0.02,
                told_apart_by="a server-side record",
            ),
        )
        if cause
        else (),
        findings=(supported, refuted) if cause else (refuted,),
        closure=closure_of(seen),
        experiments=(run,),
        next_steps=("Run the server under hangup record and repeat.",) if cause else (),
        notes=("No credential was given, so authentication was not varied.",),
        connections=9,
        elapsed_s=1.2,
        hangup="0.1.0",
    )


def incident_diagnosis() -> Diagnosis:
    return replace(
        diagnosis(incident_trace()),
        incident=Incident(
            exception="NameError",
            message="name 'time' is not defined",
            frame="app/auth.py:212 in check_token",
            chain=("NameError: name 'time' is not defined",),
            phase="auth",
        ),
    )


def server_moments() -> tuple[Moment, ...]:
    """What a recorder saw of the incident, by the client's clock."""
    raised = "NameError: name 'time' is not defined at app/auth.py:212 in check_token"
    said = ((1.5, "arrived"), (2.0, "accepted"), (4.0, raised), (4.2, "closing"), (4.4, "ended"))
    return tuple(
        Moment(at_ms=at, vantage="server", says=says, failure=says == raised) for at, says in said
    )


def joined_diagnosis(trace: str = "t1") -> Diagnosis:
    """The incident, with what a recorder saw of it."""
    found = incident_diagnosis()
    assert isinstance(found.incident, Incident)
    seen = replace(found.incident, trace=trace, timeline=server_moments())
    return replace(found, incident=seen)


def evil_diagnosis() -> tuple[Diagnosis, Trace]:
    seen = incident_trace(EVIL)
    found = diagnosis(seen)
    evil = Finding(
        cause="session.masked-exception",
        verdict="supported",
        confidence=0.97,
        evidence=(Evidence(trace="t1", event=6, says=f"close 1011 '{EVIL}'"),),
    )
    return replace(
        found,
        summary=f"closed with '{EVIL}'",
        findings=(evil,),
        notes=(EVIL, "see https://evil.test/x www.evil.test [a](javascript:alert(1)) #12"),
        next_steps=(EVIL,),
        endpoint=replace(found.endpoint, server=EVIL, url=f"ws://x/{EVIL}"),
        experiments=(replace(found.experiments[0], outcome=EVIL),),
    ), seen
