"""Credentials are taken out where they enter a trace, in this one place."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import quote, quote_plus

import msgspec

REDACTED = "[redacted]"
SHORTEST = 4
"""A secret of fewer characters would blot out ordinary text, so only its carrier is redacted."""

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-auth-token",
        "x-access-token",
        "x-csrf-token",
    }
)
SECRET_PARAMETERS = frozenset(
    {
        "token",
        "access_token",
        "auth",
        "auth_token",
        "api_key",
        "apikey",
        "key",
        "jwt",
        "password",
        "secret",
        "session",
        "sid",
        "signature",
        "sig",
        "ticket",
    }
)

S = TypeVar("S", bound=msgspec.Struct)


class Redactor:
    """Replaces known secrets, in every form they travel in, by a mark."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        self._text = sorted(forms, key=len, reverse=True)
        self._bytes = [form.encode("utf-8", "surrogateescape") for form in self._text]

    def text(self, value: str) -> str:
        """Give the text without the secrets."""
        for form in self._text:
            if form in value:
                value = value.replace(form, REDACTED)
        return value

    def raw(self, value: bytes) -> bytes:
        """Give the bytes without the secrets."""
        for form in self._bytes:
            if form in value:
                value = value.replace(form, REDACTED.encode())
        return value

    def struct(self, value: S) -> S:
        """Give the event with every field redacted, headers also by their name."""
        changes: dict[str, object] = {}
        for field in value.__struct_fields__:
            old = getattr(value, field)
            new = _without_secret_headers(old) if field == "headers" else old
            new = self._value(new)
            if new != old:
                changes[field] = new
        return msgspec.structs.replace(value, **changes) if changes else value

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.raw(value)
        if isinstance(value, tuple):
            return tuple(self._value(each) for each in value)
        return self.struct(value) if isinstance(value, msgspec.Struct) else value


def _without_secret_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((k, REDACTED if k.lower() in SECRET_HEADERS else v) for k, v in headers)


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    encoded = {
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *encoded,
    }
