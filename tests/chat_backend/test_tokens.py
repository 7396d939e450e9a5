"""Tokens: who gets in, and which class of refusal each wrong one gets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hangup.bridge import Presented, RefusedError
from hangup.chat import keys as keys_module
from hangup.chat.keys import (
    FetchedKeys,
    FixedKeys,
    KeysUnavailableError,
    public_key,
    secret_key,
)
from hangup.chat.tokens import Tokens, issue
from hangup.errors import UsageError

SECRET = b"a secret of more than thirty-two bytes, as it must be"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def pem(private: Any) -> bytes:
    public: bytes = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public


def outcome(tokens: Tokens, token: str) -> str:
    """Give the user, or the class of the refusal in brackets."""
    presented = Presented(token, "header", {}, "/ws")
    try:
        return asyncio.run(tokens.authenticate(presented)).user
    except RefusedError as refused:
        return f"[{refused.reason}]"


def claims(**changed: Any) -> dict[str, Any]:
    usual = {"sub": "alice", "exp": int(time.time()) + 60, "iss": "us", "aud": "chat"}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


STRICT = Tokens(keys=FixedKeys(secret_key(SECRET)), issuer="us", audience="chat")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "alice"),
        ({"exp": int(time.time()) - 60}, "[expired]"),
        ({"exp": None}, "[malformed]"),
        ({"sub": None}, "[malformed]"),
        ({"sub": ""}, "[malformed]"),
        ({"sub": 7}, "[malformed]"),
        ({"sub": "a" * 201}, "[malformed]"),
        ({"iss": "them"}, "[issuer]"),
        ({"iss": None}, "[issuer]"),
        ({"aud": "shop"}, "[audience]"),
        ({"aud": None}, "[audience]"),
        ({"aud": ["shop", "chat"]}, "alice"),
        ({"nbf": int(time.time()) + 600}, "[refused]"),
    ],
)
def test_claims_decide(changed: dict[str, Any], expected: str) -> None:
    assert outcome(STRICT, jwt.encode(claims(**changed), SECRET, "HS256")) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("", "[missing]"),
        ("a.b.c", "[malformed]"),
        ("no token at all", "[malformed]"),
        ("x" * 9000, "[malformed]"),
        (jwt.encode(claims(), SECRET[::-1], "HS256"), "[signature]"),
        (jwt.encode(claims(), None, "none"), "[signature]"),
        (jwt.encode(claims(), RSA, "RS256"), "[signature]"),
    ],
)
def test_a_wrong_token_is_refused_by_class(token: str, expected: str) -> None:
    assert outcome(STRICT, token) == expected


@pytest.mark.parametrize(
    ("private", "algorithm"), [(RSA, "RS256"), (RSA, "PS512"), (CURVE, "ES256")]
)
def test_public_keys_check_what_their_owners_signed(private: Any, algorithm: str) -> None:
    tokens = Tokens(keys=FixedKeys(public_key(pem(private))))
    assert outcome(tokens, jwt.encode(claims(), private, algorithm)) == "alice"
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert outcome(tokens, jwt.encode(claims(), stranger, "RS256")) == "[signature]"


def test_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    tokens = Tokens(keys=FixedKeys(public_key(pem(RSA))))
    header = {"alg": "HS256", "typ": "JWT"}
    forged = jwt.api_jws.PyJWS().encode(
        json.dumps(claims()).encode(), SECRET, "HS256", headers=header
    )
    assert outcome(tokens, forged) == "[signature]"


def test_a_short_secret_and_what_is_no_key_are_refused_at_the_start() -> None:
    with pytest.raises(UsageError, match="32 bytes"):
        secret_key(b"short")
    with pytest.raises(UsageError, match="no PEM"):
        public_key(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")


class Published:
    """A JWKS document on loopback, and how often it was fetched."""

    def __init__(self) -> None:
        self.body, self.status, self.fetched = b'{"keys": []}', 200, 0

    def publish(self, **private: Any) -> None:
        """Publish keys by their ids."""
        found = []
        for kid, key in private.items():
            algorithm = jwt.algorithms.get_default_algorithms()[
                "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
            ]
            found.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid})
        self.body = json.dumps({"keys": found}).encode()


@contextmanager
def published() -> Iterator[tuple[Published, str]]:
    document = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document.fetched += 1
            self.send_response(document.status)
            self.end_headers()
            self.wfile.write(document.body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield document, f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
        finally:
            server.shutdown()
            serving.join()


def signed(private: Any, kid: str) -> str:
    algorithm = "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(claims(), private, algorithm, headers={"kid": kid})


def test_keys_are_fetched_once_and_again_for_one_that_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with published() as (document, url):
        document.publish(first=RSA)
        tokens = Tokens(keys=FetchedKeys(url))
        assert [outcome(tokens, signed(RSA, "first")) for _ in range(3)] == ["alice"] * 3
        assert document.fetched == 1
        document.publish(first=RSA, second=CURVE)
        assert outcome(tokens, signed(CURVE, "second")) == "[signature]"  # too soon after the last
        assert document.fetched == 1
        monkeypatch.setattr(keys_module, "PAUSE", 0.0)
        assert outcome(tokens, signed(CURVE, "second")) == "alice"


def test_tokens_that_name_keys_at_random_cause_no_fetch_each() -> None:
    with published() as (document, url):
        document.publish(first=RSA)
        tokens = Tokens(keys=FetchedKeys(url))
        found = {outcome(tokens, signed(RSA, f"made-up-{number}")) for number in range(20)}
        assert found == {"[signature]"}
        assert document.fetched == 1


def test_known_keys_hold_while_the_document_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with published() as (document, url):
        document.publish(first=RSA)
        tokens = Tokens(keys=FetchedKeys(url))
        assert outcome(tokens, signed(RSA, "first")) == "alice"
        monkeypatch.setattr(keys_module, "PAUSE", 0.0)
        monkeypatch.setattr(keys_module, "KEPT", -1.0)
        document.status = 500
        assert outcome(tokens, signed(RSA, "first")) == "alice"


def test_keys_that_cannot_be_had_are_no_refusal() -> None:
    with published() as (document, url):
        document.status = 500
        tokens = Tokens(keys=FetchedKeys(url))
        with pytest.raises(KeysUnavailableError):
            outcome(tokens, signed(RSA, "first"))


def test_a_published_secret_is_not_used() -> None:
    with published() as (document, url):
        secret = jwt.algorithms.HMACAlgorithm.to_jwk(SECRET, as_dict=True)
        document.body = json.dumps({"keys": [{**secret, "kid": "s", "alg": "HS256"}]}).encode()
        tokens = Tokens(keys=FetchedKeys(url))
        forged = jwt.encode(claims(), SECRET, "HS256", headers={"kid": "s"})
        assert outcome(tokens, forged) == "[signature]"


def test_an_issued_token_is_good_for_as_long_as_it_says() -> None:
    tokens = Tokens(keys=FixedKeys(secret_key(SECRET)))
    assert outcome(tokens, issue(SECRET, "bob", lifetime=30)) == "bob"
    assert outcome(tokens, issue(SECRET, "bob", lifetime=-30)) == "[expired]"
