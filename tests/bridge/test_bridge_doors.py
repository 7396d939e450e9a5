"""Who is let in, who is sent away and how, and what a connection does not survive."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from live import SWIFT, Talk, bridge, play, talk
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hangup.bridge import Arrived, Bridge, DeclinedError
from hangup.bridge.codes import CLOSES
from hangup.bridge.presented import subprotocol_of


class Say(msgspec.Struct, tag_field="type", tag="say"):
    """A message of the application."""

    text: str


async def answer(arrived: Arrived) -> None:
    if arrived.message.text == "fail":
        raise ZeroDivisionError("a secret detail")
    if arrived.message.text == "decline":
        raise DeclinedError("full", "come back tomorrow")
    await arrived.tell(Say(f"{arrived.user} said {arrived.message.text}"))


@pytest.mark.parametrize(
    ("token", "status"), [("wrong", 401), ("banned", 403), ("broken", 503), ("late:1", 401)]
)
def test_a_credential_in_a_header_is_refused_before_the_connection_opens(
    token: str, status: int
) -> None:
    async def scene(app: Bridge, url: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with talk(url, token):
                pass
        assert refused.value.response.status_code == status
        assert b"secret" not in refused.value.response.body

    play(scene)


@pytest.mark.parametrize(
    ("token", "code", "reason"),
    [("wrong", 4401, "signature"), ("banned", 4403, "refused"), ("late:1", 4401, "expired")],
)
def test_a_credential_that_a_browser_sends_is_refused_with_a_code(
    token: str, code: int, reason: str
) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url, "") as someone:
            await someone.say({"type": "login", "token": token})
            assert await someone.end() == (code, reason)

    play(scene)


def test_a_subprotocol_carries_a_credential_and_is_answered_without_it() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with connect(url, subprotocols=["hangup.v1", "jwt.alice"]) as connection:
            assert connection.subprotocol == "hangup.v1"
            assert '"user":"alice"' in str(await connection.recv())

    play(scene)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("alice", "jwt.alice"),
        ("alice", "jwt64.YWxpY2U"),
        ("a=b/c d", "jwt64.YT1iL2MgZA"),
        ("ü\U0001f600?>", "jwt64.w7zwn5iAPz4"),
    ],
)
def test_a_token_that_no_subprotocol_can_hold_travels_encoded(name: str, offered: Any) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with connect(url, subprotocols=["hangup.v1", offered]) as connection:
            assert connection.subprotocol == "hangup.v1"
            assert json.loads(await connection.recv())["user"] == name

    assert subprotocol_of(name) in ("jwt.alice", offered)
    play(scene)


@pytest.mark.parametrize("offered", ["jwt64.", "jwt64.a", "jwt64.!!!!", "jwt64._w", "jwt."])
def test_an_encoded_token_that_cannot_be_read_is_malformed(offered: Any) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with connect(url, subprotocols=["hangup.v1", offered]) as connection:
            assert await Talk(connection).end() == (4401, "malformed")

    play(scene)


def test_a_token_in_the_url_counts_only_where_it_is_allowed() -> None:
    async def refused(app: Bridge, url: str) -> None:
        async with talk(url, "", "token=alice") as someone:
            assert await someone.end() == (4401, "missing")

    async def allowed(app: Bridge, url: str) -> None:
        async with talk(url, "", "token=alice") as alice:
            assert (await alice.hear())["user"] == "alice"

    play(refused)
    play(allowed, bridge(token_in_query=True))


def test_a_cookie_counts_only_from_a_page_of_ours() -> None:
    async def scene(app: Bridge, url: str) -> None:
        cookie = {"Cookie": "session=alice"}
        own = url.replace("ws://", "http://").removesuffix("/ws")
        async with connect(url, additional_headers=cookie, origin=own) as connection:  # type: ignore[arg-type]
            assert '"user":"alice"' in str(await connection.recv())
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, additional_headers=cookie, origin="https://evil.example")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403

    play(scene, bridge(cookie="session"))


def test_who_says_nothing_is_closed_at_the_deadline() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url, "") as someone:
            assert await someone.end() == (4401, "missing")

    play(scene)


@pytest.mark.parametrize(
    ("first", "end"),
    [
        ('{"type": "ping"}', (4401, "missing")),
        ('{"type": "login"}', (4401, "malformed")),
        ("[" * 10_000, (4401, "malformed")),
        ('{"type": "login", "token": "' + "x" * 20_000 + '"}', (1009, "16384 bytes")),
    ],
)
def test_before_a_login_nothing_else_is_done(first: str, end: tuple[int, str]) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url, "") as someone:
            await someone.say(first)
            code, reason = await someone.end()
            assert code == end[0]
            assert end[1] in reason

    play(scene)


def test_an_expired_credential_ends_the_connection_and_a_newer_one_keeps_it() -> None:
    async def scene(app: Bridge, url: str) -> None:
        expires = time.time() + 1.0
        async with talk(url, f"alice:{expires}") as kept, talk(url, f"alice:{expires}") as left:
            assert (await kept.hear("expiring"))["expires"] == expires
            await kept.say({"type": "refresh", "token": f"alice:{expires + 90}"})
            assert (await kept.hear("refreshed"))["expires"] == expires + 90
            assert await left.end() == (4401, "expired")
            await kept.say({"type": "ping", "id": 7})
            assert (await kept.hear("pong"))["id"] == 7

    play(scene)


@pytest.mark.parametrize(
    ("token", "end"),
    [
        ("bob", (4401, "other-user")),
        ("wrong", (4401, "signature")),
        ("alice:1", (4401, "expired")),
        ("banned", (4403, "refused")),
    ],
)
def test_a_refused_refresh_ends_the_connection(token: str, end: tuple[int, str]) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.say({"type": "refresh", "token": token})
            assert await alice.end() == end

    play(scene)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type": ', "bad_json"),
        ("[]", "bad_shape"),
        ("7", "bad_shape"),
        ('{"type": 7}', "bad_shape"),
        ('{"type": "ack"}', "bad_shape"),
        ('{"type": "ack", "seq": "x"}', "bad_shape"),
        ('{"type": "say"}', "bad_shape"),
        ('{"type": "say", "text": 7}', "bad_shape"),
        ('{"type": "say", "text": "fail"}', "failed"),
        ('{"type": "say", "text": "decline"}', "full"),
        ('{"type": "nothing"}', "unknown_type"),
        ('{"type": "login", "token": "bob"}', "bad_shape"),
        ('{"type": "say", "text": ' + "[" * 5000, "bad_json"),
    ],
)
def test_what_cannot_be_used_is_answered_and_the_connection_goes_on(
    message: str, code: str
) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.say(message)
            error = await alice.hear("error")
            await alice.say({"type": "say", "text": "hello"})
            assert (await alice.hear())["text"] == "alice said hello"
            assert error["code"] in {code, "too_deep"}
            assert "secret" not in str(error)

    play(scene, bridge(messages={Say: answer}))


@pytest.mark.parametrize(
    ("messages", "code"),
    [(["x" * 70_000], 1009), (["nonsense"] * 10, 4400), ([b"\x00"], 1003)],
)
def test_too_much_is_closed_with_its_code(messages: list[Any], code: int) -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            for message in messages:
                await alice.connection.send(message)
            assert (await alice.end())[0] == code

    play(scene)


def test_a_flood_is_closed() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            for _ in range(30):
                await alice.say({"type": "ack", "seq": 0})
            assert await alice.end() == (4429, "too many messages")

    play(scene, bridge(limits=replace(SWIFT, burst=10, messages=1.0)))


def test_an_empty_log_is_welcomed_with_1_and_0() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            welcome = await alice.hear("welcome")
            assert (welcome["first"], welcome["seq"]) == (1, 0)

    play(scene)


def test_connections_of_one_user_are_bounded() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as first, talk(url) as second, talk(url, "bob") as bob:
            assert (await first.hear())["type"] == "welcome"
            assert (await second.end())[0] == 4409
            assert (await bob.hear())["type"] == "welcome"

    play(scene, bridge(limits=replace(SWIFT, sessions_of_user=1)))


def test_a_client_that_beats_is_asked_and_one_that_does_not_answer_is_closed() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url, query="v=1") as alice:
            assert (await alice.hear("ping"))["type"] == "ping"
            assert await alice.end() == (4408, "nothing was heard")

    play(scene)


def test_a_drained_bridge_says_when_to_come_back_and_takes_nobody() -> None:
    async def scene(app: Bridge, url: str) -> None:
        async with talk(url) as alice:
            await alice.hear("welcome")
            await app.drain()
            code, reason = await alice.end()
            assert code == 1012
            assert 0.0 < float(reason.removeprefix("retry-after=")) < 1.0
        with pytest.raises(InvalidStatus) as refused:
            async with talk(url):
                pass
        assert refused.value.response.status_code == 503
        assert "retry-after" in refused.value.response.headers

    play(scene)


def test_no_code_of_the_table_is_1011_and_the_page_has_them_all() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "bridge-protocol.md"
    codes = [int(code) for code in re.findall(r"^\| (\d{4}) \|", page.read_text("utf-8"), re.M)]
    assert [close.code for close in CLOSES] == codes
    assert 1011 not in codes
