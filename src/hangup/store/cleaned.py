"""Takes credentials out of what a recorder saw, before any of it is written anywhere."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, TypeVar

import msgspec

from hangup.credentials import secrets_in_target
from hangup.in_band import secrets_in_message, without_credentials
from hangup.incident import Caught, ConnectionSeen, MessageSeen, Seen
from hangup.redact import MOST_VALUE, REDACTED, Redactor, is_secret_parameter

S = TypeVar("S", bound=Seen)

PLACES = frozenset(
    {
        "at", "build", "connection", "count", "descriptors", "frame", "hangup_id", "incidents",
        "kind", "memory", "phase", "phases", "site", "traceparent",
    }
)  # fmt: skip
"""Fields that hold a name, a place or a number and no text of a peer or an exception."""
_NOTHING = Redactor(())
MOST_SECRETS = 256
"""Credentials that are looked for in all of it: a client may write thousands into its messages."""
MOST_NAME = 200
"""Characters of an exception's type."""
HANGUP_ID = re.compile(r"[0-9A-Fa-f-]{8,36}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C, 3.2

_SCHEME = re.compile(r"(?i)\b(bearer|basic)(\s+|\.)([^\s'\",;)}\]]{4,})")
_KEY = re.compile(
    r"eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?"
    r"|\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs])[-_][\w-]{8,}"
    r"|\b[0-9A-Fa-f]{32,}\b"
)
_LONG = re.compile(r"[\w+/=~-]{24,}")
LONGEST_WORD = 24
"""Characters from which on a word may be a token by its looks alone."""
_KEY_SIGNS = ("eyJ", "-", "_")
LONGEST_NAME = 20
"""Characters that a folder's name rarely has; a longer piece between slashes may be a token."""
_COOKIE = re.compile(r"(?i)(\b(?:set-)?cookie\\?['\"]?\s*[:=,]\s*b?\\?['\"]?)([^'\"\r\n)}\]]+)")
_PAIRED = re.compile(
    r"""(?P<head>b?(?P<q>["'])(?P<name>[\w.-]{1,64})(?P=q)\s{0,9}[,:=]\s{0,9}b?)"""
    r"""(?P<v>["'])(?P<value>(?:(?!(?P=v)).)+)(?P=v)"""
)
_LABEL = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]{2,64})(?P<joint>\s?=\s?|:\s?)(?P<value>[^\s'\"&;,)}\]{\[]{4,})"
)
_ALWAYS = re.compile(r"pass|pwd|secret", re.IGNORECASE)


def cleaned(seen: S) -> S:
    """Give the same without the credentials that its names, its path and its looks tell of.

    A secret that nothing tells of, such as a password alone in an exception's text, stays: what
    an application puts into texts without a name is its own to keep out.
    """
    # A recorder has marked them already, and a mark is not worth looking for.
    found = {*islice((each for each in _secrets(seen) if each != REDACTED), MOST_SECRETS)}
    redactor = Redactor(found) if found else _NOTHING
    changes: dict[str, Any] = {
        name: _value(getattr(seen, name), redactor)
        for name in seen.__struct_fields__
        if name not in PLACES
    }
    if isinstance(seen, Caught):
        changes["exception"] = seen.exception[:MOST_NAME]
        changes["chain"] = tuple(_linked(each, redactor) for each in seen.chain)
    changes["hangup_id"] = seen.hangup_id if HANGUP_ID.fullmatch(seen.hangup_id) else ""
    changes["traceparent"] = seen.traceparent if TRACEPARENT.fullmatch(seen.traceparent) else ""
    return msgspec.structs.replace(seen, **changes)


def _secrets(seen: Seen) -> list[str]:
    """Give what is worth looking for in all of it: a secret of the query may be said again."""
    found = list(secrets_in_target(seen.path))
    if isinstance(seen, ConnectionSeen):
        for message in seen.messages:
            found += secrets_in_message(message.data) if message.data else ()
    return found


def _value(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return text_cleaned(redactor.text(value))[:MOST_VALUE]
    if isinstance(value, tuple):
        return tuple(_value(each, redactor) for each in value)
    if isinstance(value, MessageSeen):
        return _message(value, redactor)
    if isinstance(value, msgspec.Struct):
        fields = {name: _value(getattr(value, name), redactor) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value


def _linked(text: str, redactor: Redactor) -> str:
    """Clean what follows the type; its own name may speak of tokens and is no label."""
    kind, colon, said = text.partition(": ")
    return f"{kind[:MOST_NAME]}{colon}{_value(said, redactor)}" if colon else _value(text, redactor)


def _message(message: MessageSeen, redactor: Redactor) -> MessageSeen:
    if not message.data:
        return message
    raw = without_credentials(redactor.raw(message.data))
    text = text_cleaned(raw.decode("utf-8", "surrogateescape"))
    return msgspec.structs.replace(message, data=text.encode("utf-8", "surrogateescape"))


def text_cleaned(text: str) -> str:
    """Mark credentials in a text by the names beside them and by how tokens look."""
    if len(text) < 4:
        return text
    if "{" in text or "&" in text:
        raw = without_credentials(text.encode("utf-8", "backslashreplace"))
        text = raw.decode("utf-8", "replace")
    # Each pattern is tried only where a sign of it stands: most texts have none.
    lower = text.lower()
    if "cookie" in lower:
        text = _COOKIE.sub(rf"\1{REDACTED}", text)
    if '"' in text or "'" in text:
        text = _PAIRED.sub(_paired, text)
    if "bearer" in lower or "basic" in lower:
        text = _SCHEME.sub(_schemed, text)
    if "=" in text or ":" in text:
        text = _LABEL.sub(_labelled, text)
    if len(text) >= LONGEST_WORD or any(sign in text for sign in _KEY_SIGNS):
        text = _KEY.sub(REDACTED, text)
    return _LONG.sub(_long, text) if len(text) >= LONGEST_WORD else text


def _paired(match: re.Match[str]) -> str:
    if not is_secret_parameter(match["name"]):
        return match[0]
    return f"{match['head']}{match['v']}{REDACTED}{match['v']}"


def _schemed(match: re.Match[str]) -> str:
    # A short plain word is what is said of a credential, as in `bearer token`.
    if match[3].isalpha() and match[3].islower() and len(match[3]) < LONGEST_NAME:
        return match[0]
    return f"{match[1]}{match[2]}{REDACTED}"


def _labelled(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if not is_secret_parameter(name) or value.startswith(REDACTED):
        return match[0]
    # A plain word after a colon is likelier what is said of a token, as in `token: expired`.
    if ":" in match["joint"] and value.isalpha() and not _ALWAYS.search(name):
        return match[0]
    return f"{name}{match['joint']}{REDACTED}"


def _long(match: re.Match[str]) -> str:
    text = match[0]
    mixed = any(map(str.isdigit, text)) and any(map(str.islower, text))
    if not (mixed and any(map(str.isupper, text))):
        return text
    is_path = "/" in text and all(len(piece) < LONGEST_NAME for piece in text.split("/"))
    return text if is_path else REDACTED
