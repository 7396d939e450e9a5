"""Names that tell of a credential, however an application writes them."""

from __future__ import annotations

import pytest

from hangup.credentials import secrets_in_headers, secrets_in_target
from hangup.endpoint import Credential, Endpoint
from hangup.experiments.transport import without_secrets
from hangup.redact import holds_credential, is_secret_header, is_secret_parameter

PARAMETERS = (
    "token accessToken access_token id_token X-Amz-Signature apiKey api-key key sid pwd password "
    "authorization sessionId csrf_token jwt"
)
HEADERS = (
    "Authorization Proxy-Authorization Cookie Set-Cookie X-API-Key X-Session-Token X-Xsrf-Token "
    "X-Auth Api-Key"
)


@pytest.mark.parametrize("name", PARAMETERS.split())
def test_a_parameter_that_holds_a_credential_is_known_by_its_name(name: str) -> None:
    assert is_secret_parameter(name)


@pytest.mark.parametrize("name", ["room", "EIO", "transport", "author", "keyboard", "user", "page"])
def test_an_ordinary_parameter_is_no_secret(name: str) -> None:
    assert not is_secret_parameter(name)


@pytest.mark.parametrize("name", HEADERS.split())
def test_a_header_that_holds_a_credential_is_known_by_its_name(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize(
    "name", ["WWW-Authenticate", "Sec-WebSocket-Key", "Access-Control-Allow-Credentials", "Server"]
)
def test_a_header_that_is_evidence_stays(name: str) -> None:
    assert not is_secret_header(name)


@pytest.mark.parametrize(
    "value", ["Bearer S3cretValue99", "basic dTpw", "Token  abcd ", "Negotiate YII="]
)
def test_a_credential_is_known_by_its_scheme_under_any_name(value: str) -> None:
    assert holds_credential("\x19uthorization", value)
    assert value.split()[1] in set(secrets_in_headers([("Authorisation", value)]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WWW-Authenticate", "Bearer realm=x"),
        ("X-Said", "bearer of news"),
        ("Sec-WebSocket-Protocol", "bearer token-1234"),
        ("Server", "Basic"),
    ],
)
def test_words_like_those_are_no_credential(name: str, value: str) -> None:
    assert not holds_credential(name, value)


def test_the_values_of_such_names_are_secrets() -> None:
    assert "S3cretValue99" in set(secrets_in_target("/x?room=a&accessToken=S3cretValue99"))
    assert "Hdr7654321" in set(secrets_in_headers([("X-Session-Token", "Hdr7654321")]))


def test_a_stranger_is_shown_nothing_that_may_be_secret() -> None:
    seen = without_secrets(
        Endpoint(
            secure=True,
            host="host",
            port=443,
            target="/ws?token=s3cret",
            headers=(("Cookie", "s3cret"),),
            credential=Credential(token="s3cret"),
            subprotocols=("bearer-s3cret",),
        )
    )
    assert "s3cret" not in f"{seen.url}{seen.headers}{seen.subprotocols}{seen.credential}"
    assert not seen.tls.verify
