"""A certificate that a peer shows."""

from __future__ import annotations

from hangup.event import TlsEstablished
from hangup.probe.recorder import Recorder
from hangup.probe.tls import certificate
from hangup.redact import MOST_VALUE, Redactor


def parse(data: bytes) -> None:
    """Read the input as DER."""
    recorder = Recorder(Redactor(["a-secret-token-7"]), clock=lambda: 0.0)
    shown = certificate(data)
    recorder.add(
        TlsEstablished(
            at=0.0, version="", cipher="", alpn=None, offered_alpn=(), verified=False,
            chain=(shown,), took=0.0,
        )
    )  # fmt: skip
    trace = recorder.trace(id="t", experiment="baseline", variant="", url="wss://h/")
    kept = trace.events[0].chain[0]
    assert all(len(text) <= MOST_VALUE for text in (kept.subject, kept.issuer, *kept.names))
    assert not any("a-secret-token-7" in text for text in (kept.subject, kept.issuer, *kept.names))
