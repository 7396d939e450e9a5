"""Text and bytes of the user's with gaps where secrets were, each filled from the environment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from hangup.credentials import secrets_of
from hangup.endpoint import Endpoint
from hangup.in_band import secrets_in_message
from hangup.redact import REDACTED, Redactor

PREFIX = "HANGUP_SECRET_"
"""No option begins so: a script that runs hangup would else set one, as HANGUP_KEY is --key."""
TOKEN = f"{PREFIX}TOKEN"
"""The environment variable that holds the credential when a reproducer runs."""
_MESSAGE = f"{PREFIX}MESSAGE"
"""Begins the names for what only a name in a message tells to be secret."""


T = TypeVar("T", str, bytes)


class Env(Struct, frozen=True):
    """A secret: the name of the environment variable to read when the reproducer runs."""

    name: str


Template = tuple[str | Env, ...]
"""Text with gaps for secrets."""
Blob = tuple[bytes | Env, ...]
"""Bytes with gaps for secrets."""


def gapped(text: str, endpoint: Endpoint) -> Template:
    """Leave every secret open that the redactor finds in a text of the user's."""
    return joined(_opened([text], {TOKEN: secrets_of(endpoint)}))


def gapped_message(text: str, endpoint: Endpoint) -> Template:
    """Leave open also what only a name in the message tells to be secret."""
    return joined(_opened([text], _in_message(text.encode("utf-8", "replace"), endpoint)))


def gapped_bytes(data: bytes, endpoint: Endpoint) -> Blob:
    """Leave every secret open in bytes that the user sends."""
    parts: list[bytes | Env] = [data]
    for variable, secrets in _in_message(data, endpoint).items():
        redactor = Redactor(secrets)
        parts = [
            gap
            for part in parts
            for gap in (
                _between(redactor.raw(part).split(REDACTED.encode()), variable)
                if isinstance(part, bytes)
                else [part]
            )
        ]
    return tuple(part for part in parts if part != b"")


def joined(parts: Sequence[str | Env]) -> Template:
    """Join neighbouring pieces of text, and drop empty ones."""
    whole: list[str | Env] = []
    for part in parts:
        last = whole[-1] if whole else None
        if isinstance(part, str) and isinstance(last, str):
            whole[-1] = last + part
        elif part != "":
            whole.append(part)
    return tuple(whole)


def _in_message(data: bytes, endpoint: Endpoint) -> dict[str, Iterable[str]]:
    """Give each variable the secrets that it stands for."""
    known = secrets_of(endpoint)
    own = [s for s in dict.fromkeys(secrets_in_message(data)) if s not in known]
    named = {f"{_MESSAGE}_{number}": (secret,) for number, secret in enumerate(own, start=1)}
    return {TOKEN: known, **named}


def _opened(parts: list[str | Env], gaps: dict[str, Iterable[str]]) -> list[str | Env]:
    for variable, secrets in gaps.items():
        redactor = Redactor(secrets)
        parts = [
            gap
            for part in parts
            for gap in (
                _between(redactor.text(part).split(REDACTED), variable)
                if isinstance(part, str)
                else [part]
            )
        ]
    return parts


def _between(pieces: list[T], variable: str) -> list[T | Env]:
    first, *rest = pieces
    return [first, *(part for piece in rest for part in (Env(variable), piece))]
