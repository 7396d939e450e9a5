"""Finds credentials in messages and subprotocols, where only a name beside them tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hangup.conversation import Conversation
from hangup.credentials import SHORTEST_COOKIE, secrets_in_headers
from hangup.redact import REDACTED, is_secret_parameter

SEARCHED = 16_384
"""First bytes of a message that are looked through."""

# A field of JSON, or of JSON in a string of JSON: its quotes have backslashes then. The value is
# looked ahead at, since it can hold such fields itself.
_FIELD = re.compile(
    r"""(?<!\\)(?P<quote>\\{0,7}["'])(?P<name>[\w.$-]{1,64})(?P=quote)\s{0,9}:\s{0,9}(?="""
    r"""(?P=quote)(?P<value>(?:(?!(?P=quote))[^\\]|\\+[^"'\\]|(?!(?P=quote))\\+["'])+)"""
    r"""|\[\s{0,9}(?P<list>\\{0,7}["'][^\[\]{}]*)|(?P<number>-?\d[\d.eE+-]*))"""
)
_PAIR = re.compile(r"""(?<![\w.-])(?P<name>[\w.-]{1,64})=(?P<value>[^&;\s"'\\<>]+)""")
_LINE = re.compile(r"^[ \t]*(?P<name>[\w-]{1,64}):[ \t]*(?P<value>[^\r\n]+)", re.MULTILINE)
_STRING = re.compile(r"""["']([^"',\\]+)""")
_NAMED = re.compile(r"(?<!\w)(\w++)[.:=-]")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/=~-]{24,}")


def without_credentials(payload: bytes) -> bytes:
    """Mark the values in a message whose names tell that they are credentials."""
    if b":" not in payload and b"=" not in payload:
        return payload
    text = _text(payload)
    done, pieces = 0, []
    for start, end in sorted(_places(text)):
        if start >= done:
            pieces += [text[done:start], REDACTED]
        done = max(done, end)
    marked = "".join((*pieces, text[done:]))
    return marked.encode("latin-1") + payload[SEARCHED:]


def secrets_in_message(payload: bytes) -> Iterator[str]:
    """Give those values that are long enough to be looked for wherever else they are said."""
    text = _text(payload)
    for start, end in _places(text):
        found = text[start:end].encode("latin-1").decode("utf-8", "surrogateescape")
        for value in _STRING.findall(found) or [found]:
            for secret in secrets_in_headers([("Authorization", value)]):
                if len(secret) >= SHORTEST_COOKIE:
                    yield secret


def secrets_said(conversation: Conversation) -> Iterator[str]:
    """Give the credentials in what the user lets the client say."""
    for send in conversation.sends:
        data = send.data.encode("utf-8", "replace") if isinstance(send.data, str) else send.data
        yield from secrets_in_message(data)


def secrets_in_subprotocols(value: str) -> Iterator[str]:
    """Give what in a Sec-WebSocket-Protocol header is a credential and no name of a protocol."""
    yield from (secret for _, secret in _offered(value) if secret)


def without_subprotocol_secrets(value: str) -> str:
    """Mark the credentials in a Sec-WebSocket-Protocol header."""
    offered = [*_offered(value)]
    known = {secret for _, secret in offered}
    told = []
    for item, secret in offered:
        bare = item.strip()
        secret = bare if bare in known else secret
        told.append(item.replace(bare, bare.removesuffix(secret) + REDACTED) if secret else item)
    return ",".join(told)


def _offered(value: str) -> Iterator[tuple[str, str]]:
    """Give each item of a Sec-WebSocket-Protocol header, and the credential at its end."""
    before = ""
    for item in value.split(","):
        bare = item.strip()
        yield item, bare if _is_name(before) else _carried(bare)
        before = bare


def _text(payload: bytes) -> str:
    return payload[:SEARCHED].decode("latin-1")


def _places(text: str) -> Iterator[tuple[int, int]]:
    for sign, pattern in ((":", _FIELD), ("=", _PAIR), (":", _LINE)):
        for match in pattern.finditer(text) if sign in text else ():
            if is_secret_parameter(match["name"]):
                yield match.span(match.lastgroup or 0)


def _is_name(item: str) -> bool:
    return is_secret_parameter(item) and not _carried(item)


def _carried(item: str) -> str:
    if _TOKEN.fullmatch(item):
        return item
    names = (match for match in _NAMED.finditer(item) if is_secret_parameter(match[1]))
    found = next(names, None)
    return item[found.end() :] if found else ""
