"""A secret is known in whatever form it comes back, and what is no secret stays."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.event import FrameReceived, FrameSent, RequestSent, Upgraded
from hangup.redact import REDACTED, Redactor

SECRET = 's3cr3t/T0ken+Q7="vX&w9k<Lm>%2F\\é\U0001f980'
ENCODINGS: dict[str, Callable[[str], str]] = {
    "decimal entities": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "hexadecimal entities": lambda s: "".join(f"&#x{ord(c):04X};" for c in s),
    "some entities": lambda s: s.replace("/", "&#x2f;").replace("=", "&#61").replace("+", "&plus;"),
    "escaped HTML of HTML": lambda s: html.escape(html.escape(s)),
    "JSON units": lambda s: "".join(f"\\u{u:04x}" for u in _units(s)),
    "JSON in JSON": lambda s: json.dumps(json.dumps(s)),
    "HTML-safe JSON": lambda s: json.dumps(s).replace("<", "\\u003c").replace("&", "\\u0026"),
    "JavaScript": lambda s: "".join(f"\\u{{{ord(c):x}}}" for c in s),
    "every character in percent": lambda s: "".join(f"%{b:02x}" for b in s.encode()),
    "percent twice": lambda s: quote(quote(s, safe=""), safe=""),
    "percent three times": lambda s: quote(quote(quote(s, safe=""), safe=""), safe=""),
    "percent in HTML": lambda s: quote(s, safe="").replace("%", "&#37;"),
    "bytes in repr": lambda s: repr(s.encode()),
    "hexadecimal": lambda s: s.encode().hex(),
    "HEXADECIMAL": lambda s: s.encode().hex().upper(),
    "Hexadecimal": lambda s: s.encode().hex().title(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 in percent": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "base64 of Basic": lambda s: base64.b64encode(f"me:{s}".encode()).decode(),
    "lower case": str.lower,
    "upper case": lambda s: "".join(c.upper() if c.isascii() else c for c in s),
    "a form's plus": lambda s: s.replace("+", " "),
    "Latin-1 of UTF-8": lambda s: s.encode().decode("latin-1"),
}


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_is_known_in_every_encoding(encoding: str) -> None:
    said = ENCODINGS[encoding](SECRET)
    redacted = Redactor([SECRET]).text(f"before {said} after")
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    assert redacted.replace("=", "").strip("'\"b\\") != said
    assert len(redacted) < len(f"before {REDACTED} after") + 8


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_that_bytes_are_cut_in_leaves_no_part(encoding: str) -> None:
    said = ENCODINGS[encoding](SECRET).encode()
    redactor = Redactor([SECRET])
    for most in range(1, len(said), 7):
        head = redactor.head(b"..." + said + b"..", most + 3)
        assert head.startswith(b"...")
        assert len(head) < len(b"..." + REDACTED.encode()) + 8
        half = redactor.head(b"..." + said[:most], 9999, cut=True)
        assert half == b"..." + said[:most] or REDACTED.encode() in half


@pytest.mark.parametrize("cut", range(32, 170, 3))
def test_half_of_an_escaped_secret_is_taken_out_with_its_torn_escape(cut: int) -> None:
    said = ENCODINGS["hexadecimal entities"](SECRET).encode()[:cut]
    assert Redactor([SECRET]).head(said, 9999, cut=True) == REDACTED.encode()


def test_a_backslash_before_a_secret_does_not_hide_it() -> None:
    assert Redactor(["token-abcdef"]).text("C:\\token-abcdef") == f"C:\\{REDACTED}"


def test_a_reason_cut_inside_a_character_of_a_secret_leaves_no_part() -> None:
    reason = ("x" * 110 + "abcdefg\U0001f980hij").encode()[:119].decode("utf-8", "replace")
    frame = FrameReceived(at=0.0, opcode="close", size=2, wire_size=2, code=4401, reason=reason)
    seen = Redactor(["abcdefg\U0001f980hij"]).struct(frame)
    assert "abcd" not in seen.reason


@given(st.text(alphabet="%&\\#;xu0123456789abcdefamp<>\"' +", max_size=80))
def test_text_without_the_secret_stays_as_it_is(text: str) -> None:
    assert Redactor(["zzzz-not-in-there", "QQQQ"]).text(text) == text


def test_a_secret_of_few_characters_is_taken_out_in_its_own_case_only() -> None:
    assert Redactor(["Open"]).text("open Open") == f"open {REDACTED}"


def request(target: str, *headers: tuple[str, str]) -> RequestSent:
    return RequestSent(at=0.0, method="GET", target=target, headers=headers, upgrade=True)


def test_a_secret_too_short_to_be_looked_for_is_taken_out_where_it_travels() -> None:
    headers = (
        ("X-Own", "ab1"),
        ("X-Pair", "me=ab1; b=2"),
        ("Sec-WebSocket-Protocol", "v1, jwt.ab1"),
    )
    seen = Redactor(["ab1"]).struct(request("/ab1?q=ab1&r=xab1", *headers))
    assert seen.target == f"/ab1?q={REDACTED}&r=xab1"
    values = [REDACTED, f"me={REDACTED}; b=2", f"v1, jwt.{REDACTED}"]
    assert [value for _, value in seen.headers] == values
    sent = FrameSent(at=0.0, opcode="text", size=9, data=b'{"ab1": "ab1"}')
    assert Redactor(["ab1"]).struct(sent).data == b'{"ab1": "[redacted]"}'
    chosen = Upgraded(at=0.0, subprotocol="jwt.ab1", extensions=(), glued=0)
    assert Redactor(["ab1"]).struct(chosen).subprotocol == f"jwt.{REDACTED}"


def test_a_secret_too_short_to_be_looked_for_spoils_nothing_else() -> None:
    redactor = Redactor(["13", "a", "."])
    headers = (("Host", "127.0.0.1:13"), ("Sec-WebSocket-Version", "13"), ("User-Agent", "h/1.0"))
    assert redactor.struct(request("/a.13", *headers)) == request("/a.13", *headers)
    assert redactor.text("a 13. of a") == "a 13. of a"
