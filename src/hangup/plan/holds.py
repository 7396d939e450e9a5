"""What must hold of a connection besides how it ends: certificate, TLS, addresses, the answer."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from hangup.event import Resolved, TlsEstablished, Upgraded
from hangup.pattern import found_in
from hangup.trace import Trace

TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
DAY = 86400.0
DEFLATE = "permessage-deflate"


class Holds(Struct, frozen=True, kw_only=True):
    """What must hold; None: nothing is asked of it.

    `certificate_days` is what each certificate that the peer sends must still be valid for, `tls`
    the least version, `addresses` the least number of the name's addresses. A header is searched
    for its expression, and must be absent where that is None. An empty `subprotocol` says that
    none may be selected. `http` is the status of a plain GET of the same URL.
    """

    certificate_days: float | None = None
    tls: str | None = None
    addresses: int | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    subprotocol: str | None = None
    compression: bool | None = None
    http: int | None = None


class Broken(Struct, frozen=True):
    """What does not hold, in words; `seen` says whether it was seen, or nothing was to be seen."""

    says: str
    seen: bool = True


def broken(holds: Holds, trace: Trace) -> Iterator[Broken]:
    """Give what does not hold of one connection; a plain GET is another one."""
    if holds.addresses is not None:
        yield from _addresses(holds.addresses, trace)
    if holds.tls is not None:
        yield from _version(holds.tls, trace)
    if holds.certificate_days is not None:
        yield from _certificates(holds.certificate_days, trace)
    for name, expression in holds.headers:
        yield from _header(name, expression, trace)
    if holds.subprotocol is not None:
        yield from _subprotocol(holds.subprotocol, trace)
    if holds.compression is not None:
        yield from _compression(holds.compression, trace)


def get_broken(status: int, trace: Trace, words: str) -> Iterator[Broken]:
    """Give whether a plain GET did not give its status; `words` say how it ended."""
    response = trace.response
    if response is None:
        yield Broken(f"a plain GET: no answer ({words}), wanted {status}", seen=False)
    elif response.status != status:
        yield Broken(f"a plain GET: {response.status} {response.reason}".strip() + _want(status))


def _addresses(least: int, trace: Trace) -> Iterator[Broken]:
    resolved = trace.first(Resolved)
    if resolved is None:
        yield Broken(f"addresses: none, wanted at least {least}", seen=False)
    elif len(resolved.addresses) < least:
        listed = ", ".join(resolved.addresses)
        yield Broken(f"addresses: {len(resolved.addresses)} ({listed}), wanted at least {least}")


def _version(least: str, trace: Trace) -> Iterator[Broken]:
    established = trace.first(TlsEstablished)
    if established is None:
        yield Broken(f"TLS: none, wanted at least {least}", seen=False)
        return
    version = established.version.removeprefix("TLSv")
    if version not in TLS_VERSIONS or TLS_VERSIONS.index(version) < TLS_VERSIONS.index(least):
        yield Broken(f"TLS: {version or 'unknown'}, wanted at least {least}")


def _certificates(days: float, trace: Trace) -> Iterator[Broken]:
    established = trace.first(TlsEstablished)
    if established is None:
        yield Broken(f"certificate: none, wanted {days:g} days of one", seen=False)
        return
    for each in established.chain:
        left = None if each.not_after is None else (each.not_after - trace.began) / DAY
        if left is None:
            yield Broken(f"certificate: {each.subject}: no end could be read" + _want_days(days))
        elif left < days:
            yield Broken(f"certificate: {each.subject}: {left:.1f} days left" + _want_days(days))


def _header(name: str, expression: str | None, trace: Trace) -> Iterator[Broken]:
    wanted = "wanted none" if expression is None else f"wanted one matching {expression!r}"
    response = trace.response
    if response is None:
        yield Broken(f"header {name}: no answer came, {wanted}", seen=False)
        return
    values = [value for key, value in response.headers if key.lower() == name.lower()]
    held = not values if expression is None else any(found_in(expression, v) for v in values)
    if not held:
        came = ", ".join(map(repr, values)) or "none"
        yield Broken(f"header {name}: {came}, {wanted}")


def _subprotocol(wanted: str, trace: Trace) -> Iterator[Broken]:
    opened = trace.first(Upgraded)
    if opened is None:
        yield Broken(f"subprotocol: none was opened with, {_quoted(wanted)}", seen=False)
    elif (opened.subprotocol or "") != wanted:
        yield Broken(f"subprotocol: {opened.subprotocol or 'none'}, {_quoted(wanted)}")


def _compression(wanted: bool, trace: Trace) -> Iterator[Broken]:
    opened = trace.first(Upgraded)
    words = "wanted it" if wanted else "wanted none"
    if opened is None:
        yield Broken(f"compression: nothing was opened, {words}", seen=False)
    elif (DEFLATE in opened.extensions) != wanted:
        yield Broken(f"compression: {', '.join(opened.extensions) or 'none'}, {words}")


def _quoted(wanted: str) -> str:
    return f"wanted {wanted!r}" if wanted else "wanted none"


def _want(value: object) -> str:
    return f", wanted {value}"


def _want_days(days: float) -> str:
    return f", wanted at least {days:g}"
