"""Signs of the opening handshake: who answered it, with what, how fast."""

from __future__ import annotations

from statistics import median

from hangup import fingerprint
from hangup.event import (
    RequestSent,
    ResponseMalformed,
    ResponseReceived,
    Upgraded,
    UpgradeInvalid,
)
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite, lossy
from hangup.trace import Trace

UNANSWERED = ("eof-before-response", "reset-before-response")
AT_ONCE = 0.5
SOON = 5.0
NO_VALUE = ("undefined", "null", "none", "nan", "false", "")
"""What JavaScript and Python write for a value that is missing."""
SLOW_START = 1.0
"""Seconds from which a first answer counts as slow when later ones take a quarter of it."""


def _answer(record: Record) -> tuple[Trace, ResponseReceived] | None:
    base = record.baseline
    response = base[1].response if base else None
    return (base[0], response) if base and response else None


def _answerer(record: Record) -> Reading | None:
    found = _answer(record)
    if not found:
        return None
    trace, response = found
    server = response.header("server")
    says = f"{response.status} {f'with Server: {server}' if server else 'without a Server header'}"
    return cite(trace, fingerprint.answerer_of(response), says, response)


def _meaning(record: Record) -> Reading | None:
    found = _answer(record)
    if not found:
        return None
    trace, response = found
    head = response.body[:80].decode("utf-8", "replace")
    says = f"the body begins {head!r}" if head else "the body is empty"
    return cite(trace, fingerprint.meaning_of(response), says, response)


def _body(record: Record) -> Reading | None:
    found = _answer(record)
    if not found:
        return None
    trace, response = found
    kind = fingerprint.body_kind(response)
    name = {"html": "HTML", "json": "JSON", "other": "neither HTML nor JSON"}.get(kind, kind)
    size = f", {response.body_size} bytes" if response.body_size else ""
    return cite(trace, kind, f"the body is {name}{size}", response)


def _first_bytes(record: Record) -> Reading | None:
    base = record.baseline
    malformed = base[0].last(ResponseMalformed) if base else None
    if not base or not malformed:
        return None
    value = "tls" if malformed.head[:2] in (b"\x15\x03", b"\x16\x03") else "other"
    return cite(base[0], value, f"in place of HTTP came {malformed.head[:16]!r}", malformed)


def _bad_101(record: Record) -> Reading | None:
    base = record.baseline
    invalid = base[0].last(UpgradeInvalid) if base else None
    if not base or not invalid:
        return None
    names = {"accept": "accept", "subprotocol": "subprotocol", "extension": "extension"}
    value = next((v for part, v in names.items() if part in invalid.failure), "header")
    return cite(base[0], value, f"the 101 was refused: {invalid.text}", invalid)


def _browser(record: Record) -> Reading | None:
    """Hold the 101 against RFC 6455, 4.1 as browsers apply it, which libraries relax."""
    base = record.baseline
    if not base or not base[1].closure:
        return None
    trace, _ = base
    request, upgraded = trace.first(RequestSent), trace.first(Upgraded)
    assert upgraded
    offered = request and any(k.lower() == "sec-websocket-protocol" for k, _ in request.headers)
    if offered and upgraded.subprotocol is None:
        says = "a subprotocol was offered and none was selected: a browser closes here"
        return cite(trace, "refuses-subprotocol", says, upgraded)
    return cite(trace, "accepts", "a browser accepts this 101", upgraded)


def _subprotocol_named(record: Record) -> Reading | None:
    """Whether the offer is a name, or what a script writes for a value that it does not have."""
    base = record.baseline
    request = base[0].first(RequestSent) if base else None
    offers = (
        [v for k, v in request.headers if k.lower() == "sec-websocket-protocol"] if request else []
    )
    if not base or not request or not offers:
        return None
    empty = any(each.strip().lower() in NO_VALUE for each in offers[0].split(","))
    says = f"Sec-WebSocket-Protocol: {offers[0]}"
    return cite(base[0], "placeholder" if empty else "named", says, request)


def _opening_time(record: Record) -> Reading | None:
    base = record.baseline
    request = base[0].first(RequestSent) if base else None
    if not base or not request:
        return None
    (trace, ending), response = base, base[0].response
    if response is None and ending.kind not in UNANSWERED:
        return None
    took = response.took if response else trace.events[ending.event].at - request.at
    value = "at-once" if took < AT_ONCE else "slow" if took > SOON else "soon"
    what = "the answer to the request took" if response else "it ended without an answer after"
    return cite(trace, value, f"{what} {took:.2f} s", response or ending.event)


def _later_openings(record: Record) -> Reading | None:
    """Hold the first handshake's duration against those of the same request afterwards.

    What was slow because our packets had to be sent again was not slow to start.
    """
    base = record.baseline
    first = base[0].response if base else None
    later = [t.response for t, _ in record.of("at-once") + record.of("repeat") if t.response]
    if not base or not first or not later:
        return None
    usual = median(response.took for response in later)
    faster = first.took > SLOW_START and usual < first.took / 4 and not lossy([base[0]])
    says = f"the first answer took {first.took:.2f} s, later ones {usual:.2f} s"
    return cite(base[0], "faster" if faster else "alike", says, first)


SIGNS = (
    Sign(
        "answerer",
        "Who wrote the HTTP answer?",
        "baseline",
        dict.fromkeys(
            sorted({n for _, n in fingerprint.SERVERS} | {"asgi", "haproxy", "unknown"}), 1.0
        ),
        _answerer,
    ),
    Sign(
        "meaning",
        "What does the HTTP answer's body mean?",
        "baseline",
        {
            **dict.fromkeys((name for name, _ in fingerprint.BODIES), 0.6),
            **dict.fromkeys(fingerprint.UNMISTAKABLE, 0.05),
            "none": 10.0,
        },
        _meaning,
    ),
    Sign(
        "body",
        "What kind of body has the HTTP answer?",
        "baseline",
        {"empty": 3, "html": 2, "json": 2, "other": 3},
        _body,
    ),
    Sign(
        "first-bytes",
        "What came in place of HTTP?",
        "baseline",
        {"tls": 0.1, "other": 3},
        _first_bytes,
    ),
    Sign(
        "bad-101",
        "What is wrong with the 101?",
        "baseline",
        {"accept": 2, "header": 2, "subprotocol": 1, "extension": 0.5},
        _bad_101,
    ),
    Sign(
        "browser",
        "Would a browser accept the 101?",
        "baseline",
        {"accepts": 40, "refuses-subprotocol": 1},
        _browser,
    ),
    Sign(
        "subprotocol-named",
        "Is the offered subprotocol a name?",
        "baseline",
        {"named": 30, "placeholder": 0.3},
        _subprotocol_named,
    ),
    Sign(
        "opening-time",
        "How long did the handshake take?",
        "baseline",
        {"at-once": 8, "soon": 1.0, "slow": 0.5},
        _opening_time,
    ),
    Sign(
        "later-openings",
        "Are later handshakes faster?",
        "at-once",
        {"alike": 30, "faster": 0.3},
        _later_openings,
    ),
)
