"""Credentials in log lines do not reach what is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from planted import by_logging

from hangup.__main__ import main
from hangup.logs.clean import clean, clean_path

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SECRETS = ("s3cr3t-v4lue-9", JWT, "AbC123dEf456GhI789jKl012", "hunter22x")
MESSAGES = (
    f"invalid token {SECRETS[0]}",
    f"token={SECRETS[0]}",
    f'payload {{"access_token": "{SECRETS[0]}"}}',
    f"Authorization: Bearer {SECRETS[0]}",
    f"cannot verify {JWT}",
    f"bad key {SECRETS[2]}",
    f"connect to postgres://user:{SECRETS[3]}@db/x failed",
    f"wss://host/ws?session_id={SECRETS[0]}&a=b",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_credential_is_marked(message: str) -> None:
    assert [secret for secret in SECRETS if secret in clean(message)] == []


@pytest.mark.parametrize(
    "text",
    [
        "name 'time' is not defined",
        "'NoneType' object has no attribute 'token'",
        "check_token() missing 1 required positional argument: 'token'",
        "Object of type datetime is not JSON serializable",
        "received 1011 (internal error) Internal error; then sent 1011",
        "Signature has expired",
    ],
)
def test_ordinary_messages_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_that_is_printed_holds_a_credential(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = []
    for message in MESSAGES:
        lines += [
            f"2026-11-25 17:27:19 ERROR app: WebSocket error: {message}",
            "Traceback (most recent call last):",
            f'  File "/srv/app/ws.py", line 3, in on_message\n    say("{message}")',
            f"ValueError: {message}",
            "2026-11-25 17:27:19 INFO app: closing 1011 'token=s3cr3t-v4lue-9'",
            f"2026-11-25 17:27:19 ERROR app: {message} object is not callable",
            f'x - - [x] "GET /ws/{SECRETS[2]}?token={SECRETS[0]} HTTP/1.1" 403 5',
            f"2025/11/25 17:27:19 [error] 7#7: *1 no {message}, client: 10.0.0.1, "
            f'request: "GET /ws?token={SECRETS[0]} HTTP/1.1"',
            json.dumps({"exc_info": True, "level": "error", "event": message}),
        ]
    file = tmp_path / "app.log"
    file.write_text("\n".join(lines))
    assert main(["logs", str(file), *(["--json"] if as_json else [])]) == 1
    shown = capsys.readouterr().out
    assert "ValueError" in shown
    assert [secret for secret in SECRETS if secret in shown] == []


def test_a_path_loses_its_query_and_what_is_no_word() -> None:
    assert clean_path("/ws/room/12345678?token=x") == "/ws/room/*"
    assert clean_path("https://host/ws/v2?x") == "/ws/v2"


def test_the_source_lines_of_a_traceback_are_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = by_logging(1, 0).replace(b"    return time.monotonic()", b"    key = 'hunter22x'")
    file = tmp_path / "app.log"
    file.write_bytes(raw)
    main(["logs", str(file), "--json"])
    assert "hunter22x" not in capsys.readouterr().out
