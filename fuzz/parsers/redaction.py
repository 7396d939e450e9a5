"""Redaction: a secret that is planted in the input, in any form, never survives."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

from hangup.credentials import secrets_in_headers, secrets_in_target
from hangup.in_band import (
    secrets_in_message,
    secrets_in_subprotocols,
    without_credentials,
    without_subprotocol_secrets,
)
from hangup.logs.clean import clean, clean_path
from hangup.redact import Redactor
from hangup.unescape import Unescaped, torn_at

SECRET = 'S3cret/+"<tok>én&7'
FORMS = (
    SECRET.encode(),
    quote(SECRET, safe="").encode(),
    json.dumps(SECRET)[1:-1].encode(),
    html.escape(SECRET).encode(),
    base64.b64encode(SECRET.encode()),
    SECRET.encode().hex().encode(),
    json.dumps(json.dumps(SECRET)[1:-1])[1:-1].encode(),
    quote(quote(SECRET, safe=""), safe="").encode(),
)
_redactor = Redactor([SECRET])


def parse(data: bytes) -> None:
    """Plant the secret in the input; its first bytes say in which form, and where."""
    form = FORMS[(data[:1] or b"\0")[0] % len(FORMS)]
    rest = data[2:]
    at = (data[1:2] or b"\0")[0] % (len(rest) + 1)
    before, after = rest[:at], rest[at:]
    planted = before + form + after
    for told in (_redactor.raw(planted), _redactor.head(planted, len(planted))):
        assert form not in told, told
    for most in (0, 7, at, at + len(form) // 2):
        cut = _redactor.head(planted, most)
        assert form not in cut
        assert len(cut) <= most + 10 * len(form) + 20
    if form not in rest:
        split = at + len(form) // 2
        first = _redactor.head(planted[:split], split, cut=True)
        second = _redactor.head(planted[split:], len(planted), before=planted[:split])
        assert not _most_of(form, first), first
        assert not _most_of(form, second), second
    _guessed(rest)


def _most_of(form: bytes, told: bytes) -> bool:
    """Whether nearly half of a secret is still there."""
    half = len(form) // 2 - 2
    return form[:half] in told or form[-half:] in told


def _guessed(data: bytes) -> None:
    """Have it looked through for what only a name tells of."""
    marked = without_credentials(data)
    assert len(marked) <= 12 * len(data) + 12
    text = data.decode("utf-8", "surrogateescape")
    for found in (
        secrets_in_message(data),
        secrets_in_subprotocols(text),
        secrets_in_headers([("Authorization", text), ("Cookie", text)]),
        secrets_in_target(text),
    ):
        assert all(isinstance(each, str) for each in found)
    without_subprotocol_secrets(text)
    assert len(clean(text)) <= 300
    assert "?" not in clean_path(text)
    unescaped = Unescaped(data)
    for offset in {0, len(unescaped.plain) // 2, len(unescaped.plain)}:
        assert 0 <= unescaped.origin(offset) <= len(data)
    assert 0 <= torn_at(data) <= len(data)
