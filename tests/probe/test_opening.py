"""The opening request: what an endpoint and an experiment make of it."""

from __future__ import annotations

import base64
import json
import re

import pytest

from hangup.endpoint import Credential, Endpoint
from hangup.event import CredentialUsed
from hangup.probe.opening import (
    Opening,
    credential_used,
    first_message_of,
    headers_of,
    new_identity,
    new_key,
    request_bytes,
    subprotocols_of,
    target_of,
)

from .peer import fin, request
from .watching import watch

HOST = Endpoint(secure=True, host="h.example", port=443, target="/ws?room=1")


def bearing(place: str, name: str | None = None, token: str = "t/k n") -> Endpoint:
    return HOST.with_(credential=Credential(token=token, place=place, name=name))


def jwt(claims: object, head: object = None) -> str:
    parts = (head or {"alg": "HS256"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b"sig"]).decode()


def test_a_request_is_what_rfc_6455_asks_for() -> None:
    headers = dict(headers_of(HOST, Opening(), "key"))
    assert headers["Host"] == "h.example"
    assert (headers["Upgrade"], headers["Connection"]) == ("websocket", "Upgrade")
    assert (headers["Sec-WebSocket-Key"], headers["Sec-WebSocket-Version"]) == ("key", "13")
    assert headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")


def test_a_key_is_16_fresh_bytes() -> None:
    assert len(base64.b64decode(new_key())) == 16
    assert new_key() != new_key()


def test_a_port_that_is_not_the_schemes_own_is_in_the_host_header() -> None:
    assert dict(headers_of(HOST.with_(port=8443), Opening(), "k"))["Host"] == "h.example:8443"
    assert dict(headers_of(HOST.with_(host="::1"), Opening(), "k"))["Host"] == "[::1]"


@pytest.mark.parametrize(
    ("place", "name", "header"),
    [
        ("header", None, ("Authorization", "Bearer t/k n")),
        ("header", "X-Key", ("X-Key", "t/k n")),
        ("cookie", None, ("Cookie", "token=t/k n")),
        ("cookie", "sid", ("Cookie", "sid=t/k n")),
        ("subprotocol", "bearer.", ("Sec-WebSocket-Protocol", "chat, bearer.t/k n")),
    ],
)
def test_a_credential_travels_in_its_header(place, name, header) -> None:
    endpoint = bearing(place, name).with_(subprotocols=("chat",))
    assert header in headers_of(endpoint, Opening(), "k")


def test_a_credential_in_the_query_is_encoded() -> None:
    assert target_of(bearing("query")) == "/ws?room=1&token=t%2Fk%20n"
    assert target_of(bearing("query", "a b").with_(target="/ws")) == "/ws?a%20b=t%2Fk%20n"


def test_a_credential_in_a_message_is_json() -> None:
    assert json.loads(first_message_of(bearing("message", "auth"))) == {"auth": "t/k n"}
    assert first_message_of(bearing("query")) is None


def test_a_credential_that_travels_otherwise_changes_no_subprotocol() -> None:
    assert subprotocols_of(bearing("query").with_(subprotocols=("chat",))) == ("chat",)


def test_the_users_own_headers_replace_ours_and_cookies_add_up() -> None:
    endpoint = bearing("cookie").with_(headers=(("user-agent", "mine"), ("Cookie", "a=b")))
    headers = headers_of(endpoint, Opening(), "k")
    assert [value for name, value in headers if name.lower() == "user-agent"] == ["mine"]
    assert [value for name, value in headers if name == "Cookie"] == ["token=t/k n", "a=b"]


def test_an_experiment_can_add_and_omit() -> None:
    opening = Opening(extra=(("X-More", "1"),), omit=("sec-websocket-version",), compression=False)
    names = [name for name, _ in headers_of(HOST.with_(origin="https://o"), opening, "k")]
    assert "X-More" in names
    assert "Origin" in names
    assert not {"Sec-WebSocket-Version", "Sec-WebSocket-Extensions"} & set(names)


def test_a_connection_has_an_identity_of_its_own() -> None:
    (name, traceparent), (_, id) = new_identity()
    assert name == "traceparent"
    assert re.fullmatch(rf"00-[0-9a-f]{{32}}-{id}-01", traceparent)
    assert new_identity() != new_identity()


def test_the_identity_gives_way_to_the_users_own_headers_and_to_an_experiment() -> None:
    identity = new_identity()
    own = HOST.with_(headers=(("x-hangup-id", "mine"), ("Traceparent", "00-mine")))
    plain = Opening(omit=("traceparent", "X-Hangup-Id"))

    def of(endpoint: Endpoint, opening: Opening) -> list[str]:
        headers = headers_of(endpoint, opening, "k", identity)
        return [v for n, v in headers if n.lower() in ("x-hangup-id", "traceparent")]

    assert of(HOST, Opening()) == [value for _, value in identity]
    assert of(own, Opening()) == ["mine", "00-mine"]
    assert of(HOST, plain) == []


def test_a_trace_tells_the_id_that_its_request_carried() -> None:
    trace = watch(request(), fin())
    assert re.fullmatch("[0-9a-f]{16}", trace.hangup_id)


def test_a_request_is_written_byte_for_byte() -> None:
    undecodable = b"\xff".decode("utf-8", "surrogateescape")
    written = request_bytes("GET", "/ws", (("Host", "h"), ("X", f"é{undecodable}")))
    assert written == b"GET /ws HTTP/1.1\r\nHost: h\r\nX: \xc3\xa9\xff\r\n\r\n"


def test_what_a_jwt_says_of_its_time_is_recorded_and_not_the_token() -> None:
    token = jwt({"exp": 2000, "nbf": 1000.5, "sub": "me"})
    trace = watch(request(), fin(), credential=Credential(token=token), secrets=(token,))
    used = trace.first(CredentialUsed)
    assert (used.kind, used.place, used.algorithm) == ("jwt", "header", "HS256")
    assert (used.expires, used.not_before) == (2000.0, 1000.5)


@pytest.mark.parametrize("claims", [{"exp": 10**400}, {"exp": "soon"}, {"exp": True}, {}])
def test_a_time_that_is_none_is_left_out(claims: dict[str, object]) -> None:
    assert credential_used(bearing("header", token=jwt(claims)), 0.0).expires is None


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "\xe9.\xe9.\xe9", jwt([1]), jwt({}, [2])])
def test_a_token_that_is_no_jwt_is_opaque(token: str) -> None:
    assert credential_used(bearing("header", token=token), 0.0).kind == "opaque"


def test_without_a_credential_none_is_used() -> None:
    assert credential_used(HOST, 0.0) is None
    assert watch(request(), fin()).first(CredentialUsed) is None
