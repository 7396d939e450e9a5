"""Why a conversation fails in a browser and works for the probe: the rules that browsers have."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from hangup.ending import UNSENT, Ending, ending_of
from hangup.event import (
    CookieWithheld,
    PageLoaded,
    RequestSent,
    TlsFailed,
    UpgradeInvalid,
)
from hangup.trace import Trace

MIXED = "SecurityError"
"""What a page is thrown that may not open ws:// (Mixed Content, 5.3)."""
TURNED_AWAY = (
    "http-400",
    "http-401",
    "http-403",
    "http-404",
    "http-4xx",
    "closed-1000",
    "closed-1005",
    "closed-1008",
    "closed-unauthorized",
    "closed-application",
    "closed-1011-reason",
    "closed-1011-empty",
)
"""How a server sends away whom it does not know."""


class Difference(Struct, frozen=True):
    """Why only the browser failed: in words, the event that shows it, and the cause if it is one.

    `ours` says that it is about the page that we made up, and nothing is wrong by that.
    """

    says: str
    event: int
    layer: str = "client"
    cause: str | None = None
    mend: str = ""
    ours: bool = False


def difference_of(base: Trace, trace: Trace, traces: Sequence[Trace]) -> Difference:
    """Say what made the difference to a browser that failed where the probe did not."""
    met = ending_of(trace)
    if met.kind == UNSENT:
        return _own_rule(trace, met)
    return (
        _not_taken(trace)
        or _unsent(trace, met, traces)
        or _origin(base, trace, met)
        or Difference(f"it met {met.words}", met.event)
    )


def _own_rule(trace: Trace, met: Ending) -> Difference:
    """Tell of a browser that did not even try."""
    loaded = trace.first(PageLoaded)
    if MIXED in met.words and loaded and _is_https(loaded.origin):
        says = f"the page came over https, and {met.words}"
        return Difference(says, met.event, cause="client.mixed-content")
    return Difference(f"before any packet {met.words}", met.event, mend=OWN_RULE)


def _is_https(origin: str) -> bool:
    return origin.lower().startswith("https://")


def _not_taken(trace: Trace) -> Difference | None:
    """Tell of what a browser does not take that the probe takes: a certificate, a 101."""
    untrusted = trace.last(TlsFailed)
    if untrusted:
        says = f"it does not take the certificate: {untrusted.text}"
        mend = "Serve a certificate whose whole chain leads to an authority that browsers trust."
        return Difference(says, trace.index(untrusted), layer="tls", mend=mend)
    invalid = trace.last(UpgradeInvalid)
    if invalid is None:
        return None
    bare = invalid.failure == "upgrade.subprotocol-unoffered" or "Protocol" in invalid.text
    cause = "protocol.subprotocol-not-echoed" if bare and "no response" in invalid.text else None
    says = f"it does not take the 101: {invalid.text}"
    mend = "Answer the opening handshake as RFC 6455, 4.2.2 says."
    return Difference(says, trace.index(invalid), layer="protocol", cause=cause, mend=mend)


def _unsent(trace: Trace, ending: Ending, traces: Sequence[Trace]) -> Difference | None:
    """Tell of a credential that a browser does not send where it was sent away without it.

    The probe without a credential is the proof, where it is sent away alike.
    """
    loaded, withheld = trace.first(PageLoaded), trace.last(CookieWithheld)
    if ending.kind not in TURNED_AWAY:
        return None
    bare = [ending_of(each) for each in traces if each.experiment == "no-credential"]
    proven = any(each.same_as(ending) for each in bare)
    alike = "; the probe without the credential met the same" if proven else ""
    if withheld:
        unsent = f"the cookie {withheld.name} was not sent, {withheld.why}"
        says = f"{unsent}, and without it met {ending.words}{alike}"
        # Which attributes the real cookie has we do not know: ours was set without any.
        return Difference(says, trace.index(withheld), layer="auth", mend=COOKIE, ours=True)
    if loaded and loaded.unsendable:
        names = " and ".join(loaded.unsendable)
        says = f"no script of a page can send {names}, and without it met {ending.words}{alike}"
        cause = "auth.header-in-a-browser" if proven else None
        return Difference(says, ending.event, layer="auth", cause=cause, mend=HEADER)
    return None


OWN_RULE = "Open what a browser may open: it refuses by its own rules, before any packet."
COOKIE = (
    "Set the cookie with SameSite=None; Secure, or serve the page and the socket from one site."
)
HEADER = (
    "Take the credential from the query, a subprotocol, a cookie or the first message too: a "
    "browser sends no other."
)


def _origin(base: Trace, trace: Trace, ending: Ending) -> Difference | None:
    """Tell of an Origin that only the browser sent, since the user named none."""
    asked, sent = base.first(RequestSent), trace.first(RequestSent)
    if not asked or not sent or asked.header("origin") or ending.response is None:
        return None
    origin = sent.header("origin")
    says = f"its page had the origin {origin}, since --origin was not given, and met {ending.words}"
    mend = "Run it again with --origin and the origin of your page."
    return Difference(says, ending.event, layer="auth", mend=mend, ours=True)
