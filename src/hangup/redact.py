"""Credentials are taken out where they enter a trace, in this one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from hangup.carrier import MARK, Carried

REDACTED = MARK
SHORTEST = 4
"""A secret of fewer characters would blot out ordinary text, so only its carrier is redacted."""
TELLING = 8
"""Bytes from which a secret is known in any letter case; a shorter one may be a word."""
LONGEST_ESCAPE = 6
"""Bytes that one byte of a secret usually takes at most, as in `&#x2d;` and `\\u002d`."""
LONGEST_REASON = 120
"""Bytes from which a close reason may have been cut to fit its frame (RFC 6455, 5.5)."""
MOST_VALUE = 8192
"""Characters kept of one text, such as a header's value."""
MOST_QUOTED = 200
"""Characters kept of a text that is quoted in sentences."""

# Names are compared in lower case and without - and _, so accessToken and X-Access-Token are one.
_TELLING = re.compile(
    r"token|secret|passw|passc|passphrase|pwd|bearer|auth(?!or(?!i))|apikey|session|jwt|credential|signature|cookie|[cx]srf"
)
_WHOLE_NAMES = frozenset({"key", "sid", "sig", "pass", "ticket"})
# Headers whose names tell of credentials and that carry none.
_HARMLESS = re.compile(r"(www|proxy)authenticate|accesscontrol.*|secwebsocket.*")
# Credentials of a scheme (RFC 9110, 11.4), which a misspelt or damaged name gives away too.
_CREDENTIALS = re.compile(r"\s*(?:bearer|basic|token|negotiate)\s+[!-~]{4,}\s*", re.IGNORECASE)


# ASCII letters in lower case, and the space that a form makes of a plus.
_FOLD = bytes(range(256)).lower().replace(b"+", b" ")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ESCAPES = (b"%", b"&", b"\\")

S = TypeVar("S", bound=msgspec.Struct)
Buffer = bytes | bytearray | memoryview
Span = tuple[int, int]
View = tuple[bytes, Callable[[int], int]]
"""What may hold a secret, and where its offsets were in what was given."""


@lru_cache(maxsize=1024)  # the names that one server meets are few
def is_secret_parameter(name: str) -> bool:
    """Whether a query parameter, JSON field or the like by its name holds a credential."""
    plain = _plain(name)
    return plain in _WHOLE_NAMES or _TELLING.search(plain) is not None


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Whether a header by its name holds a credential."""
    plain = _plain(name)
    return _TELLING.search(plain) is not None and _HARMLESS.fullmatch(plain) is None


def holds_credential(name: str, value: str) -> bool:
    """Whether a header holds a credential, by its name or by what it says."""
    if is_secret_header(name):
        return True
    return _CREDENTIALS.fullmatch(value) is not None and _HARMLESS.fullmatch(_plain(name)) is None


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


class Redactor:
    """Replaces known secrets, in every form they travel in, by a mark.

    What is looked through is one value, or one message in fragments: a secret that a peer deals
    out over several messages is not put together again.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = set(secrets) - {""}
        forms = {form for secret in known if len(secret) >= SHORTEST for form in _forms(secret)}
        self._short = [form for form in forms if len(form) < TELLING]
        self._long = list({form.translate(_FOLD) for form in forms if len(form) >= TELLING})
        self._carried = Carried(secret for secret in known if len(secret) < SHORTEST)
        self.longest = LONGEST_ESCAPE * max(map(len, forms), default=0)
        self._shortest = min(map(len, forms), default=0)

    def text(self, value: str) -> str:
        """Give the text without the secrets, and what cannot be written as UTF-8 in escapes."""
        raw = self._carried.in_query(value).encode("utf-8", "backslashreplace")
        return self.raw(raw).decode("utf-8", "replace")

    def raw(self, value: bytes) -> bytes:
        """Give the bytes without the secrets."""
        if not self.longest or len(value) < self._shortest:
            return value
        spans = list(self._spans(value))
        return _marked(value, spans) if spans else value

    def head(self, value: Buffer, most: int, *, before: bytes = b"", cut: bool = False) -> bytes:
        """Give about the first `most` bytes; a secret that begins in them is marked whole.

        `before` is what came just before in the same message; `cut` says that the value may end
        in the middle of a secret, so that the beginning of one at its end is marked too.
        """
        if not self.longest or not value:
            return bytes(value[:most])
        before = before[-self.longest :]
        window = before + value[: most + self.longest]
        spans = [*self._spans(window)]
        if cut or len(value) > most + self.longest:
            spans += self._cut_short(window)
        inside = [
            (max(start, len(before)), end)
            for start, end in spans
            if end > len(before) and start < len(before) + most
        ]
        end = max((end for _, end in inside), default=0)
        window = window[: max(end, len(before) + most)]
        return _marked(window, inside)[len(before) :]

    def struct(self, value: S) -> S:
        """Give the event with every field redacted and bounded, headers also by their name.

        Texts are cut once their secrets are out, so no part of one is left before the cut.
        """
        changes: dict[str, object] = {}
        for field in value.__struct_fields__:
            old: Any = getattr(value, field)
            new = self._field(field, old)
            if new != old:
                changes[field] = new
        return msgspec.structs.replace(value, **changes) if changes else value

    def _field(self, field: str, value: Any) -> object:
        if field == "headers":
            return self._value(self._carried.in_headers(_without_secret_headers(value)))
        if field in ("reason", "text") and isinstance(value, str):  # a message's `text` is a flag
            return _bounded(
                self._reason(value) if field == "reason" else self.text(value), MOST_QUOTED
            )
        if field == "subprotocol" and value:
            value = self._carried.in_header(value)
        return self._value(self._carried.in_message(value) if field == "data" else value)

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return _bounded(self.text(value), MOST_VALUE)
        if isinstance(value, bytes):
            return self.raw(value)
        if isinstance(value, tuple):
            return tuple(self._value(each) for each in value)
        return self.struct(value) if isinstance(value, msgspec.Struct) else value

    def _reason(self, value: str) -> str:
        raw = self.text(value).encode()
        if len(raw) < LONGEST_REASON:
            return raw.decode()
        raw = raw.removesuffix("\ufffd".encode())  # what the cut left of a character
        return _marked(raw, list(self._cut_short(raw))).decode("utf-8", "replace")

    def _spans(self, value: bytes) -> Iterator[Span]:
        for seen, origin in _views(value):
            for view, forms in ((seen, self._short), (seen.translate(_FOLD), self._long)):
                for start, end in _found(view, forms):
                    yield origin(start), origin(end)

    def _cut_short(self, value: bytes) -> Iterator[Span]:
        """Find the beginning of a secret at the value's end, if only an escape is torn there."""
        if not self.longest:
            return
        from hangup.unescape import torn_at  # here, as in `_views`

        for end in {len(value), torn_at(value)}:
            for seen, origin in _views(value[:end]):
                for view, forms in ((seen, self._short), (seen.translate(_FOLD), self._long)):
                    yield from ((origin(start), len(value)) for start in _begun(view, forms))


def _views(value: bytes) -> Iterator[View]:
    """Give the value as it is, since a stray backslash spoils what follows it, and unescaped."""
    yield value, lambda offset: offset
    if any(sign in value for sign in _ESCAPES):
        from hangup.unescape import Unescaped  # here: the first packet need not wait for it

        unescaped = Unescaped(value)
        if unescaped.changed:
            yield unescaped.plain, unescaped.origin


def _found(value: bytes, forms: Sequence[bytes]) -> Iterator[Span]:
    """Find every form; two secrets may overlap, so the search goes on inside what was found."""
    for form in forms:
        start = value.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = value.find(form, start + 1)


def _begun(value: bytes, forms: Sequence[bytes]) -> Iterator[int]:
    """Find where forms begin that the value's end cuts off, when they are long enough to tell."""
    for form in forms:
        start = value.find(form[:SHORTEST], max(0, len(value) - len(form) + 1))
        while start >= 0:
            if form.startswith(value[start:]):
                yield start
                break
            start = value.find(form[:SHORTEST], start + 1)


def _marked(value: bytes, spans: Iterable[Span]) -> bytes:
    """Put one mark in the place of each run of overlapping spans."""
    pieces: list[bytes] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            pieces += (value[done:start], REDACTED.encode())
        done = max(done, end)
    return b"".join((*pieces, value[done:]))


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _without_secret_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((k, REDACTED if holds_credential(k, v) else v) for k, v in headers)


def _forms(secret: str) -> set[bytes]:
    raw = secret.encode("utf-8", "surrogateescape")
    forms = {raw} if secret.isascii() else _encoded(secret, raw)
    if any(sign in raw for sign in _ESCAPES):
        from hangup.unescape import Unescaped  # here: without a secret nothing need wait for it

        # A secret may look escaped itself, and is undone then with what is around it.
        forms |= {Unescaped(form).plain for form in forms}
    forms |= {raw.hex().encode(), *_base64_forms(raw)}
    return {form for form in forms if len(form) >= SHORTEST}


def _encoded(secret: str, raw: bytes) -> set[bytes]:
    """Give what encodings make of a secret that is not ASCII, of which they all make the same."""
    units = secret.encode("utf-16-be", "surrogatepass")
    return {
        raw,
        secret.encode("utf-8", "surrogatepass"),
        secret.encode("latin-1", "ignore") if max(secret) < "\u0100" else raw,
        # Header values are decoded as Latin-1, whatever they were encoded as.
        raw.decode("latin-1").encode(),
        # JSON and JavaScript escape a character beyond U+FFFF in two halves.
        b"".join(_unit(units[i : i + 2]) for i in range(0, len(units), 2)),
    }


def _unit(big_endian: bytes) -> bytes:
    return chr(int.from_bytes(big_endian, "big")).encode("utf-8", "surrogatepass")


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """Give what base64 makes of the secret alone, and at each place inside something longer."""
    from binascii import b2a_base64  # here: the first packet does not wait for it

    whole = b2a_base64(raw, newline=False)
    found = [whole, whole.rstrip(b"=")]
    for before in range(3):
        # Characters that also hold bits of the neighbours are left out.
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        inner = b2a_base64(bytes(before) + raw, newline=False)[first:last]
        if len(inner) >= 2 * SHORTEST:
            found.append(inner)
    yield from found
    yield from (form.translate(_URL_SAFE) for form in found)
