"""Credentials are taken out where they enter a trace, in this one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

REDACTED = "[redacted]"
SHORTEST = 4
"""A secret of fewer characters would blot out ordinary text, so only its carrier is redacted."""
LONGEST_REASON = 120
"""Bytes from which a close reason may have been cut to fit its frame (RFC 6455, 5.5)."""

# Names are compared in lower case and without - and _, so accessToken and X-Access-Token are one.
_TELLING = re.compile(
    r"token|secret|passw|pwd|auth(?!or(?!i))|apikey|session|jwt|credential|signature|cookie|[cx]srf"
)
_WHOLE_NAMES = frozenset({"key", "sid", "sig", "pass", "ticket"})
# Headers whose names tell of credentials and that carry none.
_HARMLESS = re.compile(r"(www|proxy)authenticate|accesscontrol.*|secwebsocket.*")


S = TypeVar("S", bound=msgspec.Struct)
Value = TypeVar("Value", str, bytes)
Buffer = bytes | bytearray | memoryview
Span = tuple[int, int]


def is_secret_parameter(name: str) -> bool:
    """Whether a query parameter, JSON field or the like by its name holds a credential."""
    plain = _plain(name)
    return plain in _WHOLE_NAMES or _TELLING.search(plain) is not None


def is_secret_header(name: str) -> bool:
    """Whether a header by its name holds a credential."""
    plain = _plain(name)
    return _TELLING.search(plain) is not None and _HARMLESS.fullmatch(plain) is None


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


class Redactor:
    """Replaces known secrets, in every form they travel in, by a mark.

    What is looked through is one value, or one message in fragments: a secret that a peer deals
    out over several messages is not put together again.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        self._text = sorted(forms, key=len, reverse=True)
        self._bytes = [form.encode("utf-8", "surrogateescape") for form in self._text]
        self.longest = max(map(len, self._bytes), default=0)
        self._shortest = min(map(len, self._text), default=0)

    def text(self, value: str) -> str:
        """Give the text without the secrets, and what cannot be written as UTF-8 in escapes."""
        spans = list(_spans(value, self._text)) if len(value) >= self._shortest else []
        value = _marked(value, spans, REDACTED) if spans else value
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()

    def raw(self, value: bytes) -> bytes:
        """Give the bytes without the secrets."""
        spans = list(_spans(value, self._bytes))
        return _marked(value, spans, REDACTED.encode()) if spans else value

    def head(self, value: Buffer, most: int, *, before: bytes = b"", cut: bool = False) -> bytes:
        """Give about the first `most` bytes; a secret that begins in them is marked whole.

        `before` is what came just before in the same message; `cut` says that the value may end
        in the middle of a secret, so that the beginning of one at its end is marked too.
        """
        if not self.longest or not value:
            return bytes(value[:most])
        before = before[-self.longest :]
        window = before + value[: most + self.longest]
        spans = [*_spans(window, self._bytes)]
        if cut:
            spans += _cut_short(window, self._bytes)
        inside = [
            (max(start, len(before)), end)
            for start, end in spans
            if end > len(before) and start < len(before) + most
        ]
        end = max((end for _, end in inside), default=0)
        window = window[: max(end, len(before) + most)]
        return _marked(window, inside, REDACTED.encode())[len(before) :]

    def struct(self, value: S) -> S:
        """Give the event with every field redacted, headers also by their name."""
        changes: dict[str, object] = {}
        for field in value.__struct_fields__:
            old: Any = getattr(value, field)
            new = _without_secret_headers(old) if field == "headers" else old
            new = self._reason(old) if field == "reason" else self._value(new)
            if new != old:
                changes[field] = new
        return msgspec.structs.replace(value, **changes) if changes else value

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.raw(value) if len(value) >= self._shortest else value
        if isinstance(value, tuple):
            return tuple(self._value(each) for each in value)
        return self.struct(value) if isinstance(value, msgspec.Struct) else value

    def _reason(self, value: str) -> str:
        value = self.text(value)
        if len(value.encode("utf-8", "surrogatepass")) < LONGEST_REASON:
            return value
        return _marked(value, list(_cut_short(value, self._text)), REDACTED)


def _spans(value: Value, forms: Sequence[Value]) -> Iterator[Span]:
    """Find every form; two secrets may overlap, so the search goes on inside what was found."""
    for form in forms:
        start = value.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = value.find(form, start + 1)


def _cut_short(value: Value, forms: Sequence[Value]) -> Iterator[Span]:
    """Find the beginning of a secret at the value's end, when it is long enough to tell."""
    for form in forms:
        start = value.find(form[:SHORTEST], max(0, len(value) - len(form) + 1))
        while start >= 0:
            if form.startswith(value[start:]):
                yield start, len(value)
                break
            start = value.find(form[:SHORTEST], start + 1)


def _marked(value: Value, spans: Iterable[Span], mark: Value) -> Value:
    """Put one mark in the place of each run of overlapping spans."""
    result, done = value[:0], 0
    for start, end in sorted(spans):
        if start >= done:
            result += value[done:start] + mark
        done = max(done, end)
    return result + value[done:]


def _without_secret_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((k, REDACTED if is_secret_header(k) else v) for k, v in headers)


def _forms(secret: str) -> set[str]:
    import html  # here, both: without a secret the first packet need not wait for them
    import json
    from urllib.parse import quote, quote_plus

    raw = secret.encode("utf-8", "surrogateescape")
    percent = quote(raw, safe="")
    escaped = json.dumps(secret)[1:-1]
    forms = {
        secret,
        repr(raw)[2:-1],  # as libraries quote bytes in their errors
        repr(b'"' + raw)[3:-1],
        percent,
        percent.lower(),
        quote(raw),
        quote_plus(raw),
        html.escape(secret),
        html.escape(secret, quote=False),
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        raw.hex(),
        raw.hex().upper(),
        *_base64_forms(raw),
    }
    # Header values are decoded as Latin-1, whatever they were encoded as.
    forms |= {form.encode("utf-8", "surrogateescape").decode("latin-1") for form in forms}
    return {form for form in forms if len(form) >= SHORTEST}


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Give what base64 makes of the secret alone, and at each place inside something longer."""
    import base64  # here: the first packet does not wait for it

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        yield encode(raw).decode().rstrip("=")
        for before in range(3):
            # Characters that also hold bits of the neighbours are left out.
            first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            inner = encode(bytes(before) + raw).decode()[first:last]
            if len(inner) >= 2 * SHORTEST:
                yield inner
