"""What a browser wrote down is kept without credentials, wherever in it they stand."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from har_examples import BEGAN, entry, read

from hangup.event import FrameReceived, FrameSent, RequestSent, Upgraded

IN_BAND = {
    "field": '{"token": "in-band-T0P"}',
    "named after its kind": '{"type":"auth","accessToken":"in-band-T0P"}',
    "nested": '{"type": "connection_init", "payload": {"Authorization": "Bearer in-band-T0P"}}',
    "list": '{"api_keys": ["in-band-T0P", "in-band-T0P-2"]}',
    "socket.io": '42/chat,["login",{"user":"me","password":"in-band-T0P"}]',
    "JSON in JSON": json.dumps({"body": json.dumps({"id_token": 'in-band-T0P "x" T0P'})}),
    "in part": '[{"password": "in-band-T0P',
    "form": "user=me&passwd=in-band-T0P&room=1",
    "URL": '{"next": "wss://h/ws?access_token=in-band-T0P"}',
    "single quotes": "{'secret': 'in-band-T0P'}",
    "STOMP": "CONNECT\nlogin:me\npasscode:in-band-T0P\n\n",
    "header": "Authorization: Bearer in-band-T0P\r\n",
}


def message(kind: str, data: str, opcode: int = 1) -> dict[str, Any]:
    return {"type": kind, "time": BEGAN + 1, "opcode": opcode, "data": data}


@pytest.mark.parametrize("form", IN_BAND)
@pytest.mark.parametrize("opcode", [1, 2])
def test_a_credential_in_a_message_is_not_kept(form: str, opcode: int) -> None:
    data = IN_BAND[form] if opcode == 1 else base64.b64encode(IN_BAND[form].encode()).decode()
    trace = read(entry(_webSocketMessages=[message("send", data, opcode)]))
    (sent,) = trace.all(FrameSent)
    assert b"T0P" not in sent.data
    assert sent.data.startswith(IN_BAND[form][:6].encode())


def test_a_credential_of_a_message_is_taken_out_wherever_else_it_is_said() -> None:
    said = [message("send", '{"token": "in-band-T0P"}'), message("receive", "bad: in-band-T0P")]
    assert "T0P" not in repr(read(entry(_webSocketMessages=said)))


def test_a_short_value_of_a_telling_name_is_taken_out_there_only() -> None:
    said = [message("receive", '{"auth": "failed"}'), message("receive", "it failed")]
    first, second = read(entry(_webSocketMessages=said)).all(FrameReceived)
    assert (first.data, second.data) == (b'{"auth": "[redacted]"}', b"it failed")


def test_an_ordinary_message_stays_as_it_is() -> None:
    data = '{"type": "token", "author": "me", "n": 1, "key": {"room": "a"}, "text": "auth: no"}'
    (frame,) = read(entry(_webSocketMessages=[message("receive", data)])).all(FrameReceived)
    assert frame.data == data.encode()


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ("v1, access_token, in-band-T0P", "v1, access_token, [redacted]"),
        ("graphql-ws, bearer.in-band-T0P", "graphql-ws, bearer.[redacted]"),
        ("v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.in-band-T0P",
         "v4.channel.k8s.io, base64url.bearer.[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJUMFAifQ.in-band-T0P", "[redacted]"),
        ("mqtt, graphql-transport-ws, actioncable-v1-json, ocpp2.0.1",
         "mqtt, graphql-transport-ws, actioncable-v1-json, ocpp2.0.1"),
    ],
)  # fmt: skip
def test_a_credential_offered_as_a_subprotocol_is_not_kept(offered: str, kept: str) -> None:
    header = {"name": "Sec-WebSocket-Protocol", "value": offered}
    request = {"url": "wss://app.example/ws", "headers": [header]}
    response = {"status": 101, "headers": [{**header, "value": offered.rpartition(", ")[2]}]}
    trace = read(entry(request=request, response=response))
    assert "T0P" not in repr(trace)
    asked, opened = trace.first(RequestSent), trace.first(Upgraded)
    assert asked
    assert opened
    assert asked.headers == (("Sec-WebSocket-Protocol", kept),)
    assert kept.endswith(opened.subprotocol or "?")


@pytest.mark.parametrize("before", range(1000, 1030, 3))
def test_the_bound_of_a_message_or_body_cuts_no_secret_in_two(before: int) -> None:
    request = {"url": "wss://app.example/ws?token=query-secret-T0P"}
    said = [message("receive", "." * before + "query-secret-T0P")]
    assert "query" not in repr(read(entry(request=request, _webSocketMessages=said)).events[3:])
    content = {"text": "." * (before + 3072) + "query-secret-T0P"}
    refused = entry(request=request, response={"status": 403, "content": content})
    response = read({**refused, "_webSocketMessages": []}).response
    assert response
    assert b"query" not in response.body
