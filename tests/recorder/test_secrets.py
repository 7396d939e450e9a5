"""No credential reaches a sink, wherever the client put it and whatever quoted it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import play, text, websocket_scope

from hangup.recorder import MemorySink, note

SECRETS = st.text(
    st.characters(codec="ascii", categories=("L", "N")), min_size=10, max_size=30
).map(lambda text: f"q{text}7")
"""No words: those that are stand in what is told anyway."""
PLACES = ("header", "basic", "cookie", "query", "subprotocol", "message", "later message")


def scope_with(place: str, secret: str) -> dict[str, Any]:
    """Give a scope with the secret in it."""
    raw = secret.encode()
    headers = {
        "header": [(b"authorization", b"Bearer " + raw)],
        "basic": [(b"x-api-key", raw)],
        "cookie": [(b"cookie", b"theme=light; session=" + raw)],
        "subprotocol": [(b"sec-websocket-protocol", b"chat, bearer, " + raw)],
    }
    query = b"room=1&access_token=" + raw if place == "query" else b"room=1"
    return websocket_scope(query=query, headers=headers.get(place, []))


def messages_with(place: str, secret: str) -> list[dict[str, Any]]:
    """Give what the client says, the secret in it where that is its place."""
    message = text(json.dumps({"type": "auth", "token": secret}))
    hello = text('{"type": "hello"}')
    said = {"message": [message, hello], "later message": [hello, message, hello, hello]}
    return said.get(place, [hello])


def told(sink: MemorySink) -> str:
    """Give all that a sink got, as one text."""
    return msgspec.json.encode([*sink.caught, *sink.connections]).decode()


def quoting(secret: str, place: str = "") -> Any:
    """Make an application that quotes a secret wherever it can, once it has heard it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        quoted = "" if place.endswith("message") else secret
        await send({"type": "websocket.accept", "subprotocol": quoted})
        while "text" in (message := await receive()):
            quoted = quoted or (secret if secret in message["text"] else "")
            note(f"registered as {quoted}")
            note(f"event for {quoted}", recipients=0)
            try:
                raise LookupError(f"no user for {quoted}")
            except LookupError as exc:
                await send({"type": "websocket.send", "text": f"error {quoted}"})
                failure = exc
        try:
            await send({"type": "websocket.close", "code": 4401, "reason": f"bad {quoted}"})
        finally:
            raise ValueError(f"{{'token': '{quoted}'}}") from failure

    return app


@pytest.mark.parametrize("place", PLACES)
@given(secret=SECRETS)
def test_no_secret_reaches_a_sink(place: str, secret: str) -> None:
    played = play(
        quoting(secret, place),
        *messages_with(place, secret),
        scope=scope_with(place, secret),
        payloads=True,
    )

    assert len(played.sink.caught) >= 2
    assert played.recorder.recording.failures == 0
    assert secret not in told(played.sink)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("header", "header authorization (Bearer)"),
        ("basic", "header x-api-key"),
        ("cookie", "cookie session"),
        ("query", "query parameter access_token"),
        ("message", "message"),
    ],
)
def test_where_a_credential_is_and_of_what_kind_is_kept(place: str, kind: str) -> None:
    secret = "aB3dE6gH9jK2mN5pQ8sT1vW4"
    played = play(
        quoting("nothing"), *messages_with(place, secret), scope=scope_with(place, secret)
    )

    assert played.sink.connections[0].credential == kind


def test_the_ids_of_a_probe_are_kept_from_headers_and_queries() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = [(b"x-hangup-id", b"run-1.2"), (b"traceparent", trace.encode())]
    query = f"hangup-id=run-1.2&traceparent={trace}".encode()
    for scope in (websocket_scope(headers=headers), websocket_scope(query=query)):
        (seen,) = play(quoting("nothing"), text("x"), scope=scope).sink.connections
        assert (seen.hangup_id, seen.traceparent) == ("run-1.2", trace)


def test_what_is_no_id_is_not_kept() -> None:
    scope = websocket_scope(headers=[(b"x-hangup-id", b"<script>"), (b"traceparent", b"00-x")])
    (seen,) = play(quoting("nothing"), text("x"), scope=scope).sink.connections

    assert (seen.hangup_id, seen.traceparent) == ("", "")
