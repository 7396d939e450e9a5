"""Signs of the experiments below HTTP: addresses, TLS, the scheme."""

from __future__ import annotations

from hangup.certificate import Certificate
from hangup.ending import Ending
from hangup.event import (
    Connected,
    ConnectFailed,
    Resolved,
    ResponseMalformed,
    StreamEnded,
    TlsEstablished,
)
from hangup.record import Record
from hangup.signs.relation import matrix
from hangup.signs.sign import Reading, Sign, cite
from hangup.trace import Trace

Run = tuple[Trace, Ending]
SAME_REQUEST = ("baseline", "repeat", "reconnect", "at-once", "alone", "idle", "ping")
H2_HEAD, H2_SETTINGS = 9, 4
"""Bytes before the payload of an HTTP/2 frame, and the type of its settings (RFC 9113, 6.5)."""
EXTENDED_CONNECT = b"\x00\x08\x00\x00\x00\x01"
FEWEST = 2
"""Connections to an address from which it counts as well or dead."""


def _addresses(record: Record) -> Reading | None:
    runs, base = record.comparable("addresses"), record.baseline
    resolved = base[0].first(Resolved) if base else None
    if base and resolved and len(resolved.addresses) == 1:
        return _in_turn(record) or cite(base[0], "only-one", "the name has one address", resolved)
    if not runs:
        return _in_turn(record)
    bad = [(t, e) for t, e in runs if not e.works]
    good = [(t, e) for t, e in runs if e.works]
    if not bad or not good:
        alike = all(e.same_as(runs[0][1]) for _, e in runs)
        says = f"all {len(runs)} addresses end {'alike' if alike else 'badly'}"
        return cite(runs[0][0], "all-alike", says, runs[0][1].event)
    trace, ending = bad[0]
    families = {":" in t.variant for t, _ in bad}, {":" in t.variant for t, _ in good}
    one = all(len(family) == 1 for family in families) and families[0] != families[1]
    says = f"{trace.variant}: {ending.words}; {good[0][0].variant} works"
    return cite(trace, "one-family" if one else "some-fail", says, ending.event)


def _in_turn(record: Record) -> Reading | None:
    """Group all connections by address, where a name has another one each time."""
    works: dict[str, list[Run]] = {}
    for trace in record.traces:
        where = trace.first(Connected) or trace.first(ConnectFailed)
        if where and trace.experiment in SAME_REQUEST:
            works.setdefault(where.address, []).append((trace, record.ending(trace)))
    dead = [runs for runs in works.values() if not any(e.works for _, e in runs)]
    alive = [runs for runs in works.values() if all(e.works for _, e in runs)]
    if not dead or not alive or len(dead[0]) < FEWEST or len(alive[0]) < FEWEST:
        return None
    trace, ending = dead[0][0]
    where = trace.first(Connected) or trace.first(ConnectFailed)
    says = f"{where.address if where else ''}, one of several in turn: {ending.words}"
    return cite(trace, "some-fail", says, ending.event)


def _unverified_chain(record: Record) -> Reading | None:
    found = record.first("unverified")
    established = found[0].first(TlsEstablished) if found else None
    if not found or not established or not established.chain:
        return None
    trace, chain = found[0], established.chain
    leaf = chain[0]
    says = f"{len(chain)} certificate(s): {leaf.subject}, issued by {leaf.issuer}"
    return cite(trace, _chain_value(chain), says, established)


def _chain_value(chain: tuple[Certificate, ...]) -> str:
    if chain[0].self_signed:
        return "self-signed"
    issuers = {certificate.subject for certificate in chain[1:]}
    if chain[0].issuer in issuers:
        return "complete"
    return "leaf-alone" if chain[0].issuer_url else "private-issuer"


def _scheme(record: Record) -> Reading | None:
    found = record.first("scheme")
    if not found:
        return None
    trace, ending = found
    value = "answers" if ending.opened or ending.response else "no"
    return cite(trace, value, f"{trace.variant}: {ending.words}", ending.event)


_ALPN = matrix(
    "alpn",
    "works-otherwise",
    "no-effect",
    {"h2 and http/1.1 offered fails": "h2-fails", "none offered fails": "without-fails"},
)


def _alpn(record: Record) -> Reading | None:
    """A server that speaks HTTP/2 where it is offered fails nobody if it takes WebSockets there.

    One that ends the connection without a word, because we speak HTTP/1.1, does not say whether.
    """
    reading = _ALPN(record)
    chosen = next((t for t, _ in record.of("alpn") if _chose_h2(t)), None)
    if not reading or reading.value != "h2-fails" or not chosen:
        return reading
    if chosen.last(StreamEnded) and not chosen.last(ResponseMalformed) and not chosen.response:
        return None
    if _takes_websockets_over_h2(chosen):
        says = "over HTTP/2, which it chooses where it is offered, it takes WebSockets too"
        return cite(chosen, "no-effect", says, chosen.last(ResponseMalformed))
    return reading


def _chose_h2(trace: Trace) -> bool:
    established = trace.first(TlsEstablished)
    return established is not None and established.alpn == "h2"


def _takes_websockets_over_h2(trace: Trace) -> bool:
    """Whether the HTTP/2 settings that came announce extended CONNECT (RFC 8441, 3)."""
    malformed = trace.last(ResponseMalformed)
    head = malformed.head if malformed else b""
    if len(head) < H2_HEAD or head[3] != H2_SETTINGS:
        return False
    body = head[H2_HEAD : H2_HEAD + int.from_bytes(head[:3], "big")]
    return any(body[at : at + 6] == EXTENDED_CONNECT for at in range(0, len(body), 6))


SIGNS = (
    Sign(
        "alpn",
        "Does the ALPN offer decide?",
        "alpn",
        {"no-effect": 20, "h2-fails": 0.3, "without-fails": 0.3, "works-otherwise": 0.3},
        _alpn,
    ),
    Sign(
        "addresses",
        "Do all addresses behave alike?",
        "addresses",
        {"only-one": 6, "all-alike": 4, "one-family": 0.2, "some-fail": 0.2},
        _addresses,
    ),
    Sign(
        "chain",
        "Which certificates does the peer send?",
        "unverified",
        {"self-signed": 1, "leaf-alone": 1, "private-issuer": 1, "complete": 1},
        _unverified_chain,
    ),
    Sign("scheme", "Is it the other scheme's port?", "scheme", {"answers": 0.2, "no": 3}, _scheme),
)
