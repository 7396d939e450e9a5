"""Causes in TLS: the scheme, the certificate, what is negotiated."""

from __future__ import annotations

from hangup.cause import COMMON, USUAL, Cause
from hangup.causes.stages import UNREACHED

CAUSES = (
    Cause(
        id="tls.alpn-h2-chosen",
        means="The server chooses HTTP/2 where it is offered, and its WebSocket needs HTTP/1.1",
        latent=True,
        signature="400 or a malformed handshake only when the client offers h2",
        look_alikes="a proxy that loses headers",
        decisive="ALPN http/1.1 alone against h2 with http/1.1",
        asks=("alpn",),
        mend="Offer only http/1.1 for WebSockets, or switch h2 off for this route.",
        predicts={
            "alpn": "h2-fails",
            "ending": {"open": 0.7, "http-400": 0.1, "broken-response": 0.1, "not-http": 0.1},
        },
    ),
    Cause(
        id="tls.chain-incomplete",
        means="The server sends its certificate without the intermediate ones",
        signature="libraries do not verify the certificate, browsers do",
        look_alikes="an old store of authorities",
        decisive="the certificates that the server sends; whether their issuer is publicly known",
        asks=("unverified", ""),
        mend="Send the intermediate certificates with the leaf (fullchain).",
        predicts={
            "ending": {"tls-untrusted": 0.95},
            "chain": {"leaf-alone": 0.85, "private-issuer": 0.12},
            "unverified": {"works": 0.9},
        },
    ),
    Cause(
        id="tls.plain-client-on-tls-port",
        means="The URL says ws://, but this port speaks TLS",
        signature="ws:// to a TLS port: 400 'plain HTTP request', an alert, or the end",
        look_alikes="a wrong path",
        decisive="the same with wss://",
        asks=("scheme",),
        mend="Use wss:// for this port.",
        predicts={
            **UNREACHED,
            "ending": {
                "http-400": 0.5,
                "not-http": 0.15,
                "eof-before-response": 0.2,
                "reset-before-response": 0.1,
                "broken-response": 0.05,
            },
            "meaning": {"plain-to-tls": 0.9},
            "plain-get": {"nothing": 0.5, "same-answer": 0.5},
            "scheme": {"answers": 0.98},
            "first-bytes": {"tls": 0.9, "other": 0.1},
        },
    ),
    Cause(
        id="tls.tls-client-on-plain-port",
        means="The URL says wss://, but this port does not speak TLS",
        signature="wss:// to a plain port: the first bytes are no TLS",
        look_alikes="a certificate error",
        decisive="the same with ws://",
        asks=("scheme",),
        mend="Use ws:// for this port, or terminate TLS in front of it.",
        weight=USUAL * 1.5,
        predicts={
            "ending": {"tls-not-tls": 0.7, "tls-ended": 0.2, "tls-silent": 0.1},
            "scheme": {"answers": 0.98},
        },
    ),
    Cause(
        id="tls.untrusted-or-name",
        means="The server's certificate does not verify: for its authority, its name or its dates",
        signature="verification fails: unknown authority, wrong name, expired",
        look_alikes="a server that crashes",
        decisive="with verification off the upgrade works; who issued the certificate",
        asks=("unverified", ""),
        mend="Renew or replace the certificate, or give the client the authority (--cacert).",
        weight=COMMON,
        predicts={
            "ending": {"tls-untrusted": 0.4, "tls-name": 0.3, "tls-dates": 0.3},
            "chain": {
                "self-signed": 0.3,
                "complete": 0.3,
                "private-issuer": 0.35,
                "leaf-alone": 0.05,
            },
            "unverified": {"works": 0.9},
        },
    ),
    Cause(
        id="tls.version-cipher",
        means=(
            "TLS finds no common version or cipher, or the client certificate asked for is missing"
        ),
        core=False,
        signature="a handshake alert: no version or cipher in common, or no client certificate",
        look_alikes="filtering",
        decisive="a matrix of versions and ciphers",
        mend="Share a TLS version and cipher, or send the client certificate that is asked for.",
        predicts={
            "ending": {
                "tls-refused": 0.47,
                "tls-client-certificate": 0.37,
                "tls-ended": 0.1,
                "http-400": 0.06,
            },
            "meaning": {"client-certificate": 0.98},
            **UNREACHED,
            "plain-get": {"nothing": 0.93, "same-answer": 0.07},
            "bypass": {"works": 0.7, "alike": 0.3},
            "scheme": {"no": 0.92, "answers": 0.08},
        },
    ),
)
