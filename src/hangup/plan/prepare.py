"""Makes a check ready to be played: what the setup kept is put into it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from hangup.address import parse_url
from hangup.endpoint import Endpoint
from hangup.errors import UsageError
from hangup.plan.fill import USE, fill_text, unknown_in
from hangup.plan.kept import Kept
from hangup.plan.words import Beside, Check, PlanStep, SayKept

_ALL_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def prepared(check: Check, kept: Mapping[str, object]) -> Check:
    """Put kept values into a check's URLs and steps; what cannot be had of it is what it lacks."""
    if check.lacks:
        return check
    try:
        endpoint = _reached(check.endpoint, check.url, kept)
        alike = check.alike and _reached(check.alike, check.alike_url, kept)
    except UsageError as exc:
        return msgspec.structs.replace(check, lacks=str(exc))
    check = msgspec.structs.replace(
        check,
        alike=alike,
        kept=dict(kept),
        steps=tuple(_said(step, kept) for step in check.steps),
        beside=tuple(_hearing(each, kept) for each in check.beside),
    )
    return moved(check, endpoint) if check.url else check


def moved(check: Check, endpoint: Endpoint) -> Check:
    """Give a check that is played at another endpoint, by all who take part in it."""
    beside = tuple(
        msgspec.structs.replace(each, endpoint=endpoint.with_(credential=each.endpoint.credential))
        for each in check.beside
    )
    return msgspec.structs.replace(check, endpoint=endpoint, beside=beside)


def _hearing(beside: Beside, kept: Mapping[str, object]) -> Beside:
    hears = tuple(map(Kept(kept).filled, beside.hears))
    return msgspec.structs.replace(beside, hears=hears)


def _said(step: PlanStep, kept: Mapping[str, object]) -> PlanStep:
    """Give what a step says, where all is known that stands in it: a diagnosis can say it too."""
    known = isinstance(step, SayKept) and unknown_in(step.template, kept) is None
    return Kept(kept).into(step) if known else step


def sample_of(url: str, scheme: str = "ws") -> str:
    """Give a URL with something in place of each kept value, its scheme where one begins it."""
    sample = USE.sub("1", url)
    return sample if not url.startswith("%{") or "://" in sample else f"{scheme}://{sample}"


def _reached(endpoint: Endpoint, url: str, kept: Mapping[str, object]) -> Endpoint:
    if not url:
        return endpoint
    unknown = unknown_in(url, kept)
    if unknown is not None:
        raise UsageError(f"nothing was kept under {unknown!r}")
    safe = {
        name: quote(v, safe=_ALL_ASCII, errors="replace") if isinstance(v, str) else v
        for name, v in kept.items()
    }
    address = parse_url(fill_text(url, safe), "the endpoint with what the setup kept")
    return endpoint.with_(
        secure=address.secure, host=address.host, port=address.port, target=address.target
    )
