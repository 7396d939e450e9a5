"""Makes a check ready to be played: what the setup kept is put into it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from hangup.address import parse_url
from hangup.endpoint import Endpoint
from hangup.errors import UsageError
from hangup.plan.fill import USE, fill, fill_text, unknown_in
from hangup.plan.words import Check, PlanStep

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
    steps: tuple[PlanStep, ...] = fill(check.steps, kept)  # type: ignore[assignment] # as it was
    return msgspec.structs.replace(check, endpoint=endpoint, alike=alike, steps=steps)


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
