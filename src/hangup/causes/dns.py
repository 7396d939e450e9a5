"""Causes in the name: what it resolves to, and for whom."""

from __future__ import annotations

from hangup.cause import COMMON, USUAL, Cause
from hangup.causes.stages import REFUSED_EVERYWHERE

CAUSES = (
    Cause(
        id="dns.localhost-ipv6",
        means="The server listens on only one of IPv4 and IPv6, while the name stands for both",
        latent=True,
        signature="refused on ::1 while 127.0.0.1 works, or the other way round",
        look_alikes="a server that is down",
        decisive="dial every A and AAAA record separately",
        asks=("addresses",),
        mend="Bind the server to both address families, or name the address it listens on.",
        weight=COMMON,
        predicts={
            "ending": {"open": 0.5, "tcp-refused": 0.4, "open-unanswered": 0.1},
            "addresses": "one-family",
        },
    ),
    Cause(
        id="dns.stale-upstream",
        means="The proxy still sends to the address that its upstream had before a redeploy",
        signature="502 or 504, or an old build, through the proxy after a redeploy; direct works",
        look_alikes="a backend that is down",
        decisive="the backend directly against the same through the proxy",
        asks=("bypass",),
        mend="Let the proxy resolve its upstream again (a resolver directive), or reload it.",
        weight=USUAL / 2,
        predicts={
            **REFUSED_EVERYWHERE,
            "ending": {"http-502": 0.48, "http-504": 0.37, "http-503": 0.1, "http-404": 0.05},
            "meaning": {"gateway": 0.88, "none": 0.12},
            "plain-get": {"same-answer": 0.95},
            "get-meaning": {"gateway": 0.9},
            "bypass": {"works": 0.95},
            "answerer": ("nginx", "caddy", "haproxy", "apache", "envoy", "traefik"),
            "body": {"html": 0.7, "empty": 0.3},
        },
        needs="--bypass",
    ),
    Cause(
        id="dns.no-such-name",
        means="The host name resolves to no address",
        core=False,
        signature="the resolver gives no address, no packet goes out",
        look_alikes="a client that is offline",
        decisive="a name known to be good on the same resolver",
        mend="Create the record, or fix the host name or the search domain.",
        predicts={"ending": {"dns-failed": 0.9, "dns-silent": 0.1}},
    ),
    Cause(
        id="dns.partial-pool",
        means="Some of the name's addresses are bad, and connections to those fail",
        latent=True,
        core=False,
        signature="failures follow one of the resolved addresses",
        look_alikes="an application that fails now and then",
        decisive="dial each address alone, several times",
        asks=("addresses",),
        mend="Take the bad address out of DNS, or mend the host behind it.",
        predicts={
            "addresses": "some-fail",
            "repeat": {"same": 0.5, "comes-and-goes": 0.3, "healed": 0.1, "broke": 0.1},
            "reconnect": {"works": 0.4, "works-later": 0.2, "alike": 0.4},
            "at-once": {"all-work": 0.5, "some-fail": 0.35, "all-alike": 0.15},
            "alone": {"at-times": 0.6, "gone": 0.3, "always-works": 0.1},
            "ending": {"open": 0.5, "tcp-refused": 0.2, "tcp-silent": 0.1, "fin": 0.1},
        },
    ),
)
