"""The parsers of addresses and headers refuse or accept, and do nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_in import refusal

from hangup.address import parse_origin, parse_proxy, parse_resolve, parse_url
from hangup.cli.fields import make_credential, parse_header, parse_subprotocols
from hangup.credentials import secrets_of
from hangup.endpoint import Credential, Endpoint
from hangup.errors import UsageError
from hangup.redact import Redactor

ANYTHING = st.text(st.characters(codec=None), max_size=60)
SCHEMES = ["ws://", "wss://", "http:", "//", "https://"]
MARKS = ["/", "?", "#", "@", ":", "[", "]", "%", ".", "-", "_", "\\", " ", "\r\n", "\x00"]
NAMES = [
    "host",
    "ex.org",
    "127.0.0.1",
    "::1",
    "fe80::",
    "%25",
    "xn--",
    "ä",
    "℀",
    "１",
    "。",
    "null",
]
ODD = ["80", "99999", "\u202e", "\udcff", "\ud800"]
PIECES = st.lists(st.sampled_from([*SCHEMES, *MARKS, *NAMES, *ODD]), max_size=9).map("".join)


@pytest.mark.parametrize("parse", [parse_url, parse_proxy, parse_resolve, parse_origin])
@given(text=ANYTHING | PIECES)
def test_no_address_raises_anything_but_a_sentence(parse: Callable[[str], Any], text: str) -> None:
    sentence = refusal(parse, text)
    assert sentence is None or re.match(r"(URL|--proxy|--resolve|--origin): ", sentence)


@given(text=ANYTHING | PIECES | PIECES.map("ws://h".__add__))
def test_an_accepted_url_can_be_sent_as_it_is(text: str) -> None:
    try:
        address = parse_url(text)
    except UsageError:
        return
    assert address.target.startswith("/")
    assert re.fullmatch(r"[\x21-\x7e]+", f"{address.host}{address.target}")
    assert 1 <= address.port <= 65535


@given(path=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")))
def test_path_and_query_stay_byte_for_byte(path: str) -> None:
    assert parse_url(f"ws://host/{path}").target == f"/{path}"


@given(text=ANYTHING | ANYTHING.map("X-A: ".__add__))
def test_no_header_raises_anything_but_a_sentence(text: str) -> None:
    sentence = refusal(parse_header, text)
    assert sentence is None or sentence.startswith("--header: ")
    assert sentence or not re.search(r"[\r\n\x00]", "".join(parse_header(text)))


@given(texts=st.lists(ANYTHING, max_size=3))
def test_no_subprotocol_raises_anything_but_a_sentence(texts: list[str]) -> None:
    sentence = refusal(parse_subprotocols, texts)
    assert sentence is None or sentence.startswith("--subprotocol: ")
    assert sentence or parse_subprotocols(texts) == tuple(texts)


@given(
    token=ANYTHING.filter(bool),
    place=st.sampled_from(["header", "query", "subprotocol", "cookie", "message"]),
    name=st.none() | ANYTHING,
)
def test_no_token_raises_anything_but_a_sentence(token: str, place: Any, name: str | None) -> None:
    sentence = refusal(make_credential, token, place, name, "--token")
    assert sentence is None or re.match(r"--token(-name)?: ", sentence)
    assert sentence or make_credential(token, place, name, "--token").token == token


def test_every_secret_of_an_endpoint_is_known() -> None:
    endpoint = Endpoint(
        secure=False,
        host="host",
        port=80,
        target="/ws?a=1&ACCESS_TOKEN=que%20ry-secret",
        headers=(
            ("Authorization", "Basic dXNlcjpodW50ZXIyMg=="),
            ("X-Api-Key", "key-secret"),
            ("Cookie", "theme=dark; session=cookie-secret"),
            ("X-Harmless", "harmless"),
        ),
        credential=Credential(token="first-token"),
        other_credential=Credential(token="other-token"),
        http_proxy=("gate", 1080, "Basic dXNlcjpnYXRlLXB3"),
    )
    secrets = secrets_of(endpoint, None)
    text = (
        "first-token other-token hunter22 user:hunter22 dXNlcjpodW50ZXIyMg== key-secret "
        "cookie-secret que%20ry-secret que ry-secret gate-pw harmless dark host"
    )
    shown = Redactor(secrets).text(text)
    assert [word for word in shown.split() if word != "[redacted]"] == ["harmless", "dark", "host"]
