"""What became of the conversation in a browser, held against what the probe met: three columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address

from hangup.browsed.differing import Difference, difference_of
from hangup.correlate import client_says
from hangup.diagnosis import BrowserOutcome, InBrowser, Sight
from hangup.ending import Ending, ending_of
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    CookieWithheld,
    Event,
    FrameRejected,
    LocalClose,
    PageLoaded,
    PageTold,
    RequestSent,
    Resolved,
    ResolveFailed,
    ResponseMalformed,
    TlsEstablished,
    TlsFailed,
    Upgraded,
    UpgradeInvalid,
)
from hangup.trace import BROWSER, Trace

MOST_SIGHTS = 40
"""Lines of a column; from a longer one the middle is left out."""
SHOWN = 60
"""Bytes of a message that a column shows."""
NOTHING = "nothing: no packet left the browser"


def in_browser(traces: Sequence[Trace], limits: Iterable[str] = ()) -> InBrowser | None:
    """Tell of the browser's traces among those of a run, None where there are none to hold up."""
    base = next((trace for trace in traces if trace.experiment == "baseline"), None)
    tries = browsed(traces)
    loaded = tries[-1].first(PageLoaded) if tries else None
    if base is None or loaded is None:
        return None
    trace = tries[-1]
    outcome, because = _outcome(base, tries, traces)
    return InBrowser(
        agent=loaded.agent,
        origin=loaded.origin,
        trace=trace.id,
        outcome=outcome,
        because=because,
        page=tuple(_column(trace, page_says)),
        wire=tuple(_column(trace, wire_says)) or (Sight(at_ms=None, says=NOTHING),),
        limits=(*limits, *_unsent(loaded), *_local(trace, loaded)),
    )


def browsed(traces: Iterable[Trace]) -> list[Trace]:
    """Give the traces that a browser made, in order."""
    return [trace for trace in traces if trace.experiment == BROWSER]


def found_difference(traces: Sequence[Trace]) -> Difference | None:
    """Give why only the browser failed, None where it did not, or not each time alike."""
    base = next((trace for trace in traces if trace.experiment == "baseline"), None)
    tries = browsed(traces)
    if base is None or not tries or _outcome(base, tries, traces)[0] != "only-browser-fails":
        return None
    return difference_of(base, tries[-1], traces)


def _outcome(
    base: Trace, tries: Sequence[Trace], traces: Sequence[Trace]
) -> tuple[BrowserOutcome, str]:
    probe, seen = ending_of(base), [ending_of(trace) for trace in tries]
    last = seen[-1]
    if not all(each.same_as(last) for each in seen):
        words = "; then ".join(each.words for each in seen)
        return "unsteady", f"In the browser it did not end alike each time: {words}."
    if probe.works and last.works:
        return "both-work", f"The browser fares as the probe does: {last.words}."
    if probe.works:
        why = difference_of(base, tries[-1], traces)
        return "only-browser-fails", f"It works for the probe and not in the browser: {why.says}."
    if last.works:
        return _only_browser(probe.words, probe.lived if probe.cut_short else 0.0, last)
    told = f"and its page is told only {_told_only(tries[-1])}"
    if last.same_as(probe):
        return "alike", f"The browser meets what the probe meets, {last.words}, {told}."
    return "otherwise", f"The probe met {probe.words}, the browser {last.words}, {told}."


def _only_browser(words: str, lived: float, last: Ending) -> tuple[BrowserOutcome, str]:
    if last.lived < lived:
        short = f"was watched for {last.lived:.1f} s, and the probe's ended after {lived:.1f} s"
        return "undecided", f"The browser's connection {short}: that it lived says nothing."
    return (
        "only-browser-works",
        f"It works in the browser and not for the probe, which met {words}: what differs is what "
        "a browser sends (User-Agent, Origin, cookies) and whom it trusts.",
    )


def _told_only(trace: Trace) -> str:
    told = [event for event in trace.all(PageTold) if event.what in ("error", "close")]
    words = [f"close {e.code}" if e.what == "close" else "an error without a reason" for e in told]
    return " and ".join(words) or "nothing"


def _column(trace: Trace, says: Callable[[Event], str]) -> list[Sight]:
    told = ((event.at, says(event)) for event in trace.events)
    sights = [Sight(at_ms=round(at * 1000, 1), says=words) for at, words in told if words]
    return shortened(sights)


def shortened(sights: list[Sight]) -> list[Sight]:
    """Leave the middle out of a long column."""
    half = MOST_SIGHTS // 2
    if len(sights) <= MOST_SIGHTS:
        return sights
    left = Sight(at_ms=None, says=f"({len(sights) - 2 * half} more)")
    return [*sights[:half], left, *sights[-half:]]


def page_says(event: Event) -> str:
    """Say what a page's script or its console was told, nothing for what it cannot see."""
    if not isinstance(event, PageTold):
        return ""
    match event.what:
        case "open":
            return f"onopen, subprotocol {event.text!r}" if event.text else "onopen"
        case "message":
            return f"onmessage, {event.size} bytes: {_head(event.data, event.size)}"
        case "error":
            return "onerror, without a reason"
        case "close":
            reason = repr(event.reason) if event.reason else "no reason"
            return f"onclose {event.code}, {reason}, wasClean {str(bool(event.clean)).lower()}"
        case "exception":
            return f"new WebSocket() threw {event.text}"
    return f"console: {event.text}"


def _head(data: bytes, size: int) -> str:
    text = data[:SHOWN].decode("utf-8", "replace")
    return f"'{text}'" if size <= SHOWN else f"'{text}…'"


def wire_says(event: Event) -> str:
    """Say what a browser did on the wire, and what came of it."""
    match event:
        case Resolved(source="literal"):
            return ""
        case Resolved():
            return f"{event.host} is {', '.join(event.addresses)}"
        case ResolveFailed():
            return f"no address of {event.host}: {event.text}"
        case Connected():
            return f"TCP to {event.address} port {event.port}"
        case ConnectFailed():
            return f"no TCP to {event.address} port {event.port}: {event.text}"
        case TlsEstablished():
            leaf = f", certificate of {event.chain[0].subject}" if event.chain else ""
            return f"{event.version}{leaf}"
        case TlsFailed():
            return f"no TLS: {event.text}"
        case CookieWithheld():
            return f"the cookie {event.name} was not sent: {event.why}"
        case RequestSent():
            origin = event.header("Origin")
            return f"{client_says(event)}, Origin {origin}" if origin else client_says(event)
        case UpgradeInvalid():
            return f"the 101 was not taken: {event.text}"
        case Upgraded():
            chosen = f"subprotocol {event.subprotocol!r}" if event.subprotocol else "no subprotocol"
            return f"open, {chosen}"
        case ResponseMalformed() | FrameRejected():
            return f"received what is not legal: {event.text}"
        case LocalClose():
            return event.why
    return client_says(event) if event.vantage == "client" else ""


def _unsent(loaded: PageLoaded) -> Iterator[str]:
    if loaded.unsendable:
        names = ", ".join(loaded.unsendable)
        yield f"No script of a page can send {names}: the browser went without."


def _local(trace: Trace, loaded: PageLoaded) -> Iterator[str]:
    """Say where Local Network Access would have a say, which no page served by us is judged by."""
    reached = [each.address for each in trace.all(Connecting)]
    host = loaded.origin.partition("//")[2]
    host = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    if any(map(_is_private, reached)) and not _is_private(host):
        yield (
            f"Where {loaded.origin} is a public site, Chromium asks its user before a page of it "
            f"reaches {reached[0]} (Local Network Access), and refuses a page without https; "
            "here it was told to let it."
        )


def _is_private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_private or address.is_loopback or address.is_link_local
