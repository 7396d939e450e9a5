"""What lies below HTTP: addresses, TLS, the scheme."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.event import Resolved
from hangup.experiments.experiment import Bench, Experiment, one
from hangup.experiments.scripts import honest
from hangup.inquiry import Inquiry
from hangup.probe.opening import Opening

MOST_ADDRESSES = 6
OTHER_SCHEME = 1.5
"""Seconds that the port has to answer in the other scheme."""
ALPNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("none offered", ()),
    ("h2 and http/1.1 offered", ("h2", "http/1.1")),
)


async def _addresses(bench: Bench) -> None:
    resolved = bench.baseline_trace.first(Resolved) if bench.baseline_trace else None
    addresses = (resolved.addresses if resolved else ())[:MOST_ADDRESSES]
    await asyncio.gather(
        *(
            bench.dial(address, opening=Opening(address=address), script=honest(bench))
            for address in addresses
        )
    )


def without_secrets(endpoint: Endpoint) -> Endpoint:
    """Give the endpoint as a stranger may see it: unverified, and without all that may be secret.

    Query and subprotocols go whole: a credential in them need not have a name that tells.
    """
    return endpoint.with_(
        tls=msgspec.structs.replace(endpoint.tls, verify=False),
        target=endpoint.target.partition("?")[0],
        credential=None,
        headers=(),
        subprotocols=(),
    )


async def _unverified(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint
    # The certificate is in doubt, so whoever holds it is shown no credential.
    changed = without_secrets(endpoint)
    await bench.dial("verification off", endpoint=changed)


async def _alpn(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint

    async def offering(variant: str, alpn: tuple[str, ...]) -> None:
        changed = endpoint.with_(tls=msgspec.structs.replace(endpoint.tls, alpn=alpn))
        await bench.dial(variant, endpoint=changed, script=honest(bench, changed))

    await asyncio.gather(*(offering(*each) for each in ALPNS))


async def _scheme(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint
    # Nothing secret goes over the other scheme: it may be plain text, or anybody's certificate.
    swapped = without_secrets(endpoint).with_(secure=not endpoint.secure)
    # A plain server may wait for the rest of what it takes for a request, as long as we do.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OTHER_SCHEME):
            await bench.dial(f"as {'wss' if swapped.secure else 'ws'}", endpoint=swapped)


def _has_several(_: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and baseline.kind.startswith("dns-"):
        return "the name has no address"
    return None


def _is_doubted(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.secure:
        return "there is no TLS"
    doubts = ("tls-untrusted", "tls-name", "tls-dates")
    return None if baseline is None or baseline.kind in doubts else "the certificate is trusted"


def _is_secure(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.secure:
        return "there is no TLS"
    if baseline and baseline.kind.startswith(("tls-", "tcp-", "dns-")):
        return "TLS was never established" if baseline.kind != "tls-refused" else None
    return None


def _may_be_other(_: Inquiry, baseline: Ending | None) -> str | None:
    kinds = (
        "tls-not-tls",
        "tls-ended",
        "tls-silent",
        "eof-before-response",
        "reset-before-response",
        "not-http",
        "broken-response",
        "silent-handshake",
        "http-400",
        "http-3xx",
    )
    return None if baseline is None or baseline.kind in kinds else "the scheme is right"


EXPERIMENTS = (
    Experiment(
        "addresses",
        "Does every resolved address behave alike?",
        _addresses,
        lambda _: 2,
        0.6,
        _has_several,
    ),
    Experiment(
        "unverified",
        "What is there when the certificate is not verified?",
        _unverified,
        one,
        0.1,
        _is_doubted,
    ),
    Experiment(
        "alpn", "Does it depend on the ALPN offer?", _alpn, lambda _: len(ALPNS), 0.6, _is_secure
    ),
    Experiment("scheme", "Is it the other scheme's port?", _scheme, one, 0.2, _may_be_other),
)
