"""Signs of the experiments that change one thing of the opening handshake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hangup.ending import Ending
from hangup.event import (
    Certificate,
    Matched,
    RequestSent,
    Resolved,
    ResponseReceived,
    TlsEstablished,
)
from hangup.record import Record
from hangup.signs.sign import Reading, Sign, cite, compared, steady

REFUSALS = (
    "http-400",
    "http-401",
    "http-403",
    "closed-1008",
    "closed-application",
    "closed-1011-reason",
)


def relation(changed: Ending, base: Ending, *, spoke: bool) -> str:
    """Tell how a changed connection ended, seen from the baseline.

    Two connections that both stay open without a word of the application prove little.
    """
    if changed.works:
        return "works" if not base.works else "both-work" if spoke else "both-open"
    if changed.same_as(base):
        return "alike"
    return "refused" if changed.kind in REFUSALS else "otherwise"


RELATIONS = {
    "both-work": 1.5,
    "both-open": 1.5,
    "works": 1.0,
    "alike": 2.0,
    "refused": 1.5,
    "otherwise": 1.0,
}


def _relate(experiment: str) -> Callable[[Record], Reading | None]:
    def read(record: Record) -> Reading | None:
        found = compared(record, experiment)
        if not found:
            return None
        trace, changed, base = found
        value = relation(changed, base, spoke=bool(trace.all(Matched)))
        variant = trace.variant or experiment
        says = f"{variant}: {changed.words}; baseline: {base.words}"
        return cite(trace, value, says, changed.event)

    return read


def _broken(record: Record) -> Reading | None:
    """A broken credential tells nothing where none at all does as well."""
    reading = _relate("broken-credential")(record)
    without = record.first("no-credential")
    if reading and without and without[1].works and reading.value in ("both-work", "both-open"):
        return cite(without[0], "none-needed", "no credential is needed", without[1].event)
    return reading


def _origin(record: Record) -> Reading | None:
    """Tell a client that sent none, or its host's own, from one that sent the wrong one."""
    reading, base = _ORIGINS(record), record.baseline
    asked = base[0].first(RequestSent) if base else None
    if reading is None or asked is None:
        return reading
    sent = {name.lower(): value for name, value in asked.headers}
    origin = sent.get("origin")
    if reading.value == "same-works" and origin is None:
        return replace(reading, value="missing-works")
    if reading.value == "absent-works" and origin and origin.endswith(f"//{sent.get('host')}"):
        return replace(reading, value="own-refused")
    return reading


def _plain_get(record: Record) -> Reading | None:
    found = compared(record, "plain-get")
    if not found:
        return None
    trace, plain, base = found
    response = plain.response
    if response is None:
        return cite(trace, "nothing", f"a plain GET: {plain.words}", plain.event)
    says = f"a plain GET got {plain.words}"
    return cite(trace, _get_value(response, base.response), says, response)


def _get_value(response: ResponseReceived, upgraded: ResponseReceived | None) -> str:
    if _alike(response, upgraded):
        return "same-answer"
    if response.status in (400, 426):
        return "asks-for-upgrade"
    if response.status in (401, 403):
        return "refused"
    names = {2: "ok", 3: "ok", 4: "not-found", 5: "error"}
    return names.get(response.status // 100, "error")


def _bypass_get(record: Record) -> Reading | None:
    """Compare a plain GET to the application itself with what the upgrade got at the proxy."""
    found = compared(record, "bypass-get")
    if not found or not found[1].response or not found[2].response:
        return None
    trace, direct, base = found
    value = "same-answer" if _alike(direct.response, base.response) else "different"
    says = f"directly, a plain GET got {direct.words}; the upgrade got {base.words} at the proxy"
    return cite(trace, value, says, direct.response)


def _alike(one: ResponseReceived | None, other: ResponseReceived | None) -> bool:
    return bool(one and other and (one.status, one.body) == (other.status, other.body))


def _bogus(record: Record) -> Reading | None:
    found = compared(record, "bogus-upgrade")
    if not found:
        return None
    trace, bogus, base = found
    value = "same-answer" if bogus.same_as(base) else "different"
    return cite(trace, value, f"Upgrade: hangup-bogus got {bogus.words}", bogus.event)


def _matrix(
    experiment: str, ok: str, none: str, names: dict[str, str]
) -> Callable[[Record], Reading | None]:
    """Read an experiment of several variants: which one differs from the baseline, and how."""

    def read(record: Record) -> Reading | None:
        base, runs = record.baseline, record.comparable(experiment)
        if not base or not runs or not steady(record):
            return None
        for trace, ending in runs:
            if ending.works and not base[1].works:
                value = names.get(f"{trace.variant} works", ok)
                return cite(trace, value, f"{trace.variant}: it works", ending.event)
        for trace, ending in runs:
            if base[1].works and not ending.works:
                value = names.get(f"{trace.variant} fails", ok)
                return cite(trace, value, f"{trace.variant}: {ending.words}", ending.event)
        trace, ending = runs[-1]
        says = f"none of {', '.join(t.variant for t, _ in runs)} changes anything"
        return cite(trace, none, says, ending.event)

    return read


def _placement(record: Record) -> Reading | None:
    """Where no credential at all does as well, a moved one only means that none was seen."""
    without, reading = record.first("no-credential"), _PLACES(record)
    if reading and without and without[1].works:
        says = "a connection without any credential stays open too, so a moved one proves nothing"
        return cite(without[0], "nowhere", says, without[1].event)
    return reading


_PLACES = _matrix("placement", "elsewhere", "nowhere", {})

_ORIGINS = _matrix(
    "origin",
    "no-effect",
    "no-effect",
    {f"{o} {v}": f"{o}-{v}" for o in ("absent", "same", "foreign") for v in ("works", "fails")},
)


def _addresses(record: Record) -> Reading | None:
    runs, base = record.comparable("addresses"), record.baseline
    resolved = base[0].first(Resolved) if base else None
    if base and resolved and len(resolved.addresses) == 1:
        return cite(base[0], "only-one", "the name has one address", resolved)
    if not runs:
        return None
    bad = [(t, e) for t, e in runs if not e.works]
    good = [(t, e) for t, e in runs if e.works]
    if not bad or not good:
        alike = all(e.same_as(runs[0][1]) for _, e in runs)
        says = f"all {len(runs)} addresses end {'alike' if alike else 'badly'}"
        return cite(runs[0][0], "all-alike", says, runs[0][1].event)
    trace, ending = bad[0]
    six = all(":" in t.variant for t, _ in bad) and not any(":" in t.variant for t, _ in good)
    says = f"{trace.variant}: {ending.words}; {good[0][0].variant} works"
    return cite(trace, "ipv6-fails" if six else "some-fail", says, ending.event)


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
    return "complete" if chain[0].issuer in issuers else "leaf-alone"


def _scheme(record: Record) -> Reading | None:
    found = record.first("scheme")
    if not found:
        return None
    trace, ending = found
    value = "answers" if ending.opened or ending.response else "no"
    return cite(trace, value, f"{trace.variant}: {ending.words}", ending.event)


_VERBS = {
    "no-credential": "What changes without the credential?",
    "other-credential": "What changes with a second user's credential?",
    "random-path": "What changes on a path that cannot exist?",
    "other-slash": "What changes with the other slash?",
    "bypass": "What changes without the proxy?",
    "no-compression": "What changes without compression?",
    "as-browser": "What changes with a browser's headers?",
    "subprotocol": "What changes with the subprotocol offer?",
    "unverified": "What is there without verification?",
}

# How often the change that helps is met where the cause is another one.
_UNUSUAL = {
    "bypass": {"works": 1.0},
    "unverified": {"works": 1.0},
    "other-credential": {"works": 0.3},
    "other-slash": {"works": 0.1},
    "subprotocol": {"works": 0.1},
    "as-browser": {"works": 0.1, "refused": 0.15, "otherwise": 0.15},
}

SIGNS = (
    *(
        Sign(name, question, name, {**RELATIONS, **_UNUSUAL.get(name, {})}, _relate(name))
        for name, question in _VERBS.items()
    ),
    Sign(
        "broken-credential",
        "What changes with a broken credential?",
        "broken-credential",
        {**RELATIONS, "both-work": 0.3, "both-open": 0.3, "none-needed": 1.0},
        _broken,
    ),
    Sign(
        "plain-get",
        "What does a plain GET get?",
        "plain-get",
        {
            "same-answer": 1.5,
            "asks-for-upgrade": 2,
            "refused": 1,
            "ok": 1.5,
            "not-found": 3,
            "error": 1,
            "nothing": 0.5,
        },
        _plain_get,
    ),
    Sign(
        "bypass-get",
        "Is it the application's own answer to a plain GET?",
        "bypass-get",
        {"same-answer": 1, "different": 1},
        _bypass_get,
    ),
    Sign(
        "bogus-upgrade",
        "Is an unknown upgrade refused alike?",
        "bogus-upgrade",
        {"same-answer": 1, "different": 1},
        _bogus,
    ),
    Sign(
        "origin",
        "Does the Origin decide?",
        "origin",
        {
            "no-effect": 20,
            "absent-works": 0.2,
            "same-works": 0.2,
            "missing-works": 0.2,
            "own-refused": 0.2,
            "foreign-works": 0.2,
            "absent-fails": 0.3,
            "same-fails": 0.3,
            "foreign-fails": 3,
        },
        _origin,
    ),
    Sign(
        "placement",
        "Does the credential work elsewhere?",
        "placement",
        {"elsewhere": 0.1, "nowhere": 3},
        _placement,
    ),
    Sign(
        "alpn",
        "Does the ALPN offer decide?",
        "alpn",
        {"no-effect": 20, "h2-fails": 0.3, "without-fails": 0.3, "works-otherwise": 0.3},
        _matrix(
            "alpn",
            "works-otherwise",
            "no-effect",
            {"h2 and http/1.1 offered fails": "h2-fails", "none offered fails": "without-fails"},
        ),
    ),
    Sign(
        "addresses",
        "Do all addresses behave alike?",
        "addresses",
        {"only-one": 6, "all-alike": 4, "ipv6-fails": 0.2, "some-fail": 0.2},
        _addresses,
    ),
    Sign(
        "chain",
        "Which certificates does the peer send?",
        "unverified",
        {"self-signed": 1, "leaf-alone": 1, "complete": 1},
        _unverified_chain,
    ),
    Sign("scheme", "Is it the other scheme's port?", "scheme", {"answers": 0.2, "no": 3}, _scheme),
)
