"""Lists every secret that an endpoint carries, for the redactor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hangup.endpoint import Endpoint
from hangup.redact import holds_credential, is_secret_parameter

SHORTEST_COOKIE = 8
"""A shorter cookie value, such as `light`, is likelier to be a setting than a secret."""

_BASIC = re.compile(r"basic\s+([A-Za-z0-9+/=_-]+)\s*", re.IGNORECASE)


def secrets_of(*endpoints: Endpoint | None) -> tuple[str, ...]:
    """Give all secrets of some endpoints, each once; absent endpoints have none."""
    found: dict[str, None] = {}
    for endpoint in endpoints:
        if endpoint:
            found.update(dict.fromkeys(_of_endpoint(endpoint)))
    return tuple(secret for secret in found if secret)


def secrets_in_target(target: str) -> Iterator[str]:
    """Give the values of query parameters that by their name hold a secret."""
    query = target.partition("?")[2]
    if not query:
        return
    from urllib.parse import unquote, unquote_plus  # here: the first packet does not wait for it

    for pair in re.split("[&;]", query):
        name, _, value = pair.partition("=")
        if is_secret_parameter(unquote_plus(name)):
            yield value
            yield unquote(value)
            yield unquote_plus(value)


def secrets_in_headers(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give the values of headers that hold a credential, and the parts of them."""
    for name, value in headers:
        if name.lower() in ("cookie", "set-cookie"):
            yield from _cookie_values(value)
        elif holds_credential(name, value):
            yield value
            yield from _authorization_parts(value)


def _of_endpoint(endpoint: Endpoint) -> Iterator[str]:
    for credential in (endpoint.credential, endpoint.other_credential):
        if credential:
            yield credential.token
    yield from secrets_in_headers(endpoint.headers)
    yield from secrets_in_target(endpoint.target)
    if endpoint.http_proxy and endpoint.http_proxy[2]:
        yield from _authorization_parts(endpoint.http_proxy[2])


def _authorization_parts(value: str) -> Iterator[str]:
    """Give what follows the scheme; of Basic also the pair and the password (RFC 7617)."""
    scheme, _, rest = value.strip().partition(" ")
    if rest:
        yield rest.strip()
    if _BASIC.fullmatch(value) and scheme:
        pair = _decoded(rest.strip())
        yield pair
        yield pair.partition(":")[2]


def _decoded(text: str) -> str:
    import base64  # here: few endpoints carry Basic credentials

    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.urlsafe_b64decode(padded.replace("+", "-").replace("/", "_")).decode(
            "utf-8", "surrogateescape"
        )
    except ValueError:
        return ""


def _cookie_values(value: str) -> Iterator[str]:
    from urllib.parse import unquote  # here: the first packet does not wait for it

    for crumb in value.split(";"):
        content = crumb.partition("=")[2].strip().strip('"')
        if len(content) >= SHORTEST_COOKIE:
            yield content
            yield unquote(content)
