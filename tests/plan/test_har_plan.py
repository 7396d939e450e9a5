"""A browser's recording becomes a conversation that is said again, without its secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bars.program import hangup
from hangup.errors import UsageError
from hangup.plan.read import parse_plan
from hangup.plan.words import Found, Hear, Matcher, Say
from hangup.planning.recorded import recorded_plan

BEGAN = 1767323045.0
SESSION = "a81bc81b-dead-4e5d-abff-90865d1e13b1"
SECRETS = ("url-s3cret-0001", "c00kie-s3cret-1", "s3cr3t-token-value")


def message(kind: str, at: float, data: object, opcode: int = 1) -> dict[str, Any]:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return {"type": kind, "time": BEGAN + at, "opcode": opcode, "data": text}


CONVERSATION = [
    message("receive", 0.1, {"type": "welcome", "server": SESSION, "at": "2026-01-02T03:04:05Z"}),
    message("send", 0.2, {"type": "auth", "token": SECRETS[2]}),
    message("receive", 0.3, {"type": "ok", "user": {"id": 12345, "name": "alice"}}),
    message("send", 0.4, {"type": "ask", "text": "what is ${x}?"}),
    *(message("receive", 0.5 + n / 10, {"type": "piece", "n": n}) for n in range(5)),
    message("receive", 1.2, {"type": "done"}),
    message("send", 2, "ping"),
    message("receive", 2.1, "pong 17:03:12"),
    message("send", 2.2, "AAEC", 2),
]


def har(
    messages: list[dict[str, Any]] = CONVERSATION,
    url: str = f"wss://app.example/ws?room=1&access_token={SECRETS[0]}",
    status: int = 101,
    headers: tuple[tuple[str, str], ...] = (
        ("Origin", "https://app.example"),
        ("Cookie", f"session={SECRETS[1]}; theme=dark"),
        ("Sec-WebSocket-Protocol", "v1"),
    ),
) -> bytes:
    entry = {
        "_resourceType": "websocket",
        "_webSocketMessages": messages,
        "startedDateTime": "2026-01-02T03:04:05.000Z",
        "request": {
            "method": "GET",
            "url": url,
            "headers": [{"name": name, "value": value} for name, value in headers],
        },
        "response": {"status": status, "statusText": "", "headers": []},
        "timings": {},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}}).encode()


def plan_of(raw: bytes, url: str | None = None) -> str:
    return recorded_plan(raw, "a.har", url, "plan.yaml")


def test_what_was_said_is_said_and_what_came_is_expected_by_its_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", "mine")
    (check,) = parse_plan(plan_of(har()), "plan.yaml").checks
    assert check.endpoint.url == "wss://app.example/ws?room=1"
    assert (check.endpoint.origin, check.endpoint.subprotocols) == ("https://app.example", ("v1",))
    said = [step.data for step in check.steps if isinstance(step, Say)]
    assert said == [
        '{"type": "auth", "token": "mine"}',
        '{"type": "ask", "text": "what is ${x}?"}',
        "ping",
        b"\x00\x01\x02",
    ]
    heard = [step.matcher for step in check.steps if isinstance(step, Hear)]
    assert heard[0] == Matcher(
        fields=(
            ("type", "welcome"),
            ("server", Found("^[0-9a-f-]{36}$")),
            ("at", Found(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")),
        )
    )
    assert heard[1:] == [Matcher(fields=(("type", kind),)) for kind in ("ok", "piece", "done")] + [
        Matcher(pattern="^pong")
    ]


def test_no_secret_is_in_the_plan_and_each_is_asked_for() -> None:
    text = plan_of(har())
    assert [secret for secret in SECRETS if secret in text] == []
    assert "# Set ACCESS_TOKEN." in text
    assert "# Set CHAT_TOKEN." in text
    assert "user: {token: {env: ACCESS_TOKEN}, in: query, name: access_token}" in text
    assert "also carried cookie: a user of a plan has one credential" in text.replace(
        "\n      # ", " "
    )


@pytest.mark.parametrize(
    ("url", "header", "user"),
    [
        ("wss://h/ws", ("Authorization", "Bearer abcdefghij"), "{token: {env: CHAT_TOKEN}}"),
        (
            "wss://h/ws",
            ("Cookie", "sid=abcdefghij"),
            "{token: {env: SID}, in: cookie, name: sid}",
        ),
        (
            "wss://h/ws",
            ("Cookie", "sid=abcdefghij; other=klmnopqrst"),
            "{token: {env: COOKIE}, in: header, name: Cookie}",
        ),
        (
            "wss://h/ws",
            ("Sec-WebSocket-Protocol", "v1, token.abcdefghij"),
            '{token: {env: CHAT_TOKEN}, in: subprotocol, name: "token."}',
        ),
        (
            "wss://h/ws",
            ("X-Api-Key", "abcdefghij"),
            "{token: {env: X_API_KEY}, in: header, name: X-Api-Key}",
        ),
    ],
)
def test_a_credential_becomes_a_user(url: str, header: tuple[str, str], user: str) -> None:
    text = plan_of(har(url=url, headers=(header,)))
    assert f"user: {user}" in text
    assert "abcdefghij" not in text


def test_a_url_takes_the_place_of_the_page_s_server() -> None:
    text = plan_of(har(), "ws://127.0.0.1:9")
    assert 'endpoint: "ws://127.0.0.1:9/ws?room=1"' in text
    assert "origin" not in text


def test_a_secret_that_is_said_elsewhere_too_is_a_reference_there() -> None:
    again = [*CONVERSATION, message("send", 3, f"bye {SECRETS[2]} and {SECRETS[0]}")]
    assert 'send: "bye ${env:CHAT_TOKEN} and ${env:ACCESS_TOKEN}"' in plan_of(har(again))


def test_a_refused_upgrade_is_the_declared_end() -> None:
    text = plan_of(har([], status=403))
    assert "ends: {status: 403}" in text
    assert "steps" not in text


def test_how_the_server_closed_is_the_declared_end() -> None:
    closing = [*CONVERSATION, message("receive", 4, "ETE=", 8)]  # 4401
    assert "ends: {close: 4401}" in plan_of(har(closing))


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"{}", "it is no HAR"), (b'{"log": {"entries": []}}', "none of its 0 requests")],
)
def test_what_is_no_recording_is_one_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plan_of(raw)


def test_the_command_writes_it(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har())
    run = hangup("init", "--har", str(tmp_path / "a.har"))
    assert run.status == 0, run.stderr
    assert run.stdout.decode() == recorded_plan(har(), "a.har", None, "plan.yaml")


def test_what_the_server_said_and_the_page_said_back_is_kept() -> None:
    told = message("receive", 0.1, {"type": "welcome", "session_id": SESSION})
    back = message("send", 0.2, {"type": "join", "session": SESSION})
    text = plan_of(har([told, back]))
    assert 'keep: {kept1: "session_id"}' in text
    assert 'send: {type: join, session: "%{kept1}"}' in text
