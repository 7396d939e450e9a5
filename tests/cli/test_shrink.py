"""`hangup shrink` against real peers that die of one thing, of none, or sometimes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from stand_in import Outcome, Peer, Run

from hangup.lab.peer import Client, Play, Request, listening, routed

Dies = Callable[[str | bytes], bool]
TOKEN = "tok3n-s3cret-value"


def answering(dies: Dies, *, code: int = 1011, reason: str = "Internal error") -> Play:
    """Serve a peer that closes on some messages and answers the others."""

    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        while (message := await client.receive()) is not None:
            if dies(message):
                await client.close(code, reason)
                return
            await client.send("ok")

    return routed(handle)


@contextmanager
def serving(play: Play) -> Iterator[str]:
    """Play it in a thread of its own; gives the URL."""
    started, loop = threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with listening(play) as port:
            ports.append(port)
            started.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(10)
    try:
        yield f"ws://127.0.0.1:{ports[0]}/ws"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


def of_json(dies: Callable[[Any], object], *, otherwise: bool = False) -> Dies:
    """Make a handler that raises: on what it must not see, and `otherwise` on all malformed."""

    def decide(message: str | bytes) -> bool:
        try:
            return bool(dies(json.loads(message)))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return otherwise

    return decide


@pytest.fixture
def shrunk(run: Run) -> Callable[..., dict[str, Any]]:
    """Shrinks a message at a peer, gives the document."""

    def shrunk_(play: Play, message: str, *options: str) -> dict[str, Any]:
        with serving(play) as url:
            outcome = run("shrink", url, "--send", message, "--json", "-q", *options)
        assert (outcome.status, outcome.err) == (0, "")
        document: dict[str, Any] = json.loads(outcome.out)
        return document

    return shrunk_


Shrunk = Callable[..., dict[str, Any]]
QUESTION = {
    "type": "ask",
    "user": {"id": 7, "name": None, "tags": ["a", "b"]},
    "text": "hello there",
    "trace": {"x": 1, "y": [1, 2, 3]},
}


def test_a_null_field_is_found(shrunk: Shrunk) -> None:
    dies = of_json(lambda v: v.get("user", {}).get("name", "") is None)
    found = shrunk(answering(dies), json.dumps(QUESTION))
    assert json.loads(found["message"]) == {"user": {"name": None}}
    assert found["because"] == "the field user.name: its value is null"
    assert json.loads(found["passes"]) == {"user": {"name": "a"}}


def test_the_document_has_its_keys(shrunk: Shrunk) -> None:
    found = shrunk(answering(of_json(lambda v: "a" in v)), '{"a": 1, "b": 2}')
    assert found["schema"] == "hangup.shrink/1"
    assert found["hangup"]
    assert found["endpoint"]["url"].startswith("ws://127.0.0.1:")
    assert (found["closure"]["code"], found["closure"]["reason"]) == (1011, "Internal error")
    assert (found["repeats"], found["broke"]) == (1, {"times": 3, "of": 3})
    assert found["is_minimal"] is True
    assert 0 < found["tried"] < found["connections"] <= 200
    assert found["elapsed_s"] > 0


def test_a_server_that_masks_every_exception_keeps_to_the_one_reason(shrunk: Shrunk) -> None:
    dies = of_json(lambda v: v["type"] == "ask" and v["user"]["name"].upper() == 1, otherwise=True)
    found = shrunk(answering(dies), json.dumps(QUESTION))
    assert json.loads(found["message"]) == {"type": "ask", "user": {"name": None}}
    assert found["because"] == 'the field user.name: its value is null, beside type: "ask"'
    assert found["notes"][0].startswith("{} ends it alike too")


def test_one_item_of_an_array_is_found(shrunk: Shrunk) -> None:
    items = [{"id": i, "kind": "ok"} for i in range(40)]
    items[31]["kind"] = "boom"
    dies = of_json(lambda v: any(i.get("kind") == "boom" for i in v.get("items", ())))
    found = shrunk(answering(dies), json.dumps({"items": items}))
    assert json.loads(found["message"]) == {"items": [{"kind": "boom"}]}
    assert found["because"] == 'the field items[31].kind: its value is "boom"'


def test_a_character_is_isolated(shrunk: Shrunk) -> None:
    dies = of_json(lambda v: any(ord(char) > 0xFFFF for char in v.get("text", "")))
    found = shrunk(answering(dies), '{"type": "chat", "text": "thanks \U0001f600 a lot"}')
    assert json.loads(found["message"]) == {"text": "\U0001f600"}
    assert found["because"].startswith("the character U+1F600 (GRINNING FACE) in the field text")


def test_a_size_is_told_to_the_byte(shrunk: Shrunk) -> None:
    dies: Dies = lambda message: len(message) > 4096  # noqa: E731
    found = shrunk(answering(dies, code=1009, reason=""), json.dumps({"text": "x" * 9000}))
    assert found["because"] == "the size: 4,097 bytes break, 4,096 pass"
    assert len(found["message"]) == 4097
    assert len(found["reproduce"]) < 200


def test_a_fin_without_a_close_frame_is_an_ending_like_any(shrunk: Shrunk) -> None:
    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        while (message := await client.receive()) is not None:
            if "drop" in str(message):
                client.fin()
                return

    found = shrunk(routed(handle), "please drop the table")
    assert (found["message"], found["because"]) == ("drop", "the text 'drop'")
    assert found["closure"]["origin"] == "fin"


def test_a_missing_key_that_the_server_speaks_of_is_named(shrunk: Shrunk) -> None:
    play = answering(of_json(lambda v: v["quux"] and 0, otherwise=True), reason="KeyError: 'quux'")
    found = shrunk(play, '{"type": "ask", "text": "hi"}')
    assert (found["message"], found["because"]) == ("{}", "the key `quux` is missing")


def test_messages_before_the_last_are_said_and_kept(shrunk: Shrunk) -> None:
    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        joined = False
        while (message := await client.receive()) is not None:
            if joined and "bad" in str(message):
                await client.close(1011)
                return
            joined = joined or message == "join"

    found = shrunk(routed(handle), "join", "--send", "something bad came")
    assert found["message"] == "bad"
    assert "--send=join --send=bad" in found["reproduce"]


def test_a_reason_that_is_new_each_time_is_no_obstacle(shrunk: Shrunk) -> None:
    numbers = iter(range(10_000))

    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        if "bad" in str(await client.receive()):
            await client.close(1011, f"incident {next(numbers)}")
        await client.drain()

    assert shrunk(routed(handle), "quite bad")["message"] == "bad"


def sometimes(number_dies: Callable[[int], bool]) -> Play:
    """Die of `bad`, on some connections only, which are counted while it is said."""
    numbers = iter(range(10_000))

    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        if "bad" in str(await client.receive()) and number_dies(next(numbers)):
            await client.close(1011)
        await client.drain()

    return routed(handle)


def test_a_flaky_break_is_told_as_such(shrunk: Shrunk) -> None:
    found = shrunk(sometimes(lambda number: number % 3 != 1), "it is bad")
    assert found["message"] == "bad"
    assert (found["broke"], found["repeats"]) == ({"times": 2, "of": 3}, 3)
    assert "2 of 3 times" in found["notes"][0]


def refused(run: Run, play: Play, *options: str) -> Outcome:
    with serving(play) as url:
        return run("shrink", url, "--send", "hello", "--budget", "4", *options)


def test_what_does_not_break_gives_3_and_a_sentence(run: Run) -> None:
    outcome = refused(run, answering(lambda _: False))
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.startswith("hangup: The message does not break the connection: open")
    assert outcome.err.count("\n") == 1


def test_what_does_not_break_has_a_document_too(run: Run) -> None:
    outcome = refused(run, answering(lambda _: False), "--json")
    document = json.loads(outcome.out)
    assert (outcome.status, document["message"]) == (3, None)
    assert document["because"].startswith("The message does not break")


def test_what_ends_without_the_message_too_is_not_shrunk(run: Run) -> None:
    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        await client.close(1008, "policy")

    outcome = refused(run, routed(handle))
    assert outcome.status == 3
    assert "It ends so without the message too: closed 1008 'policy'" in outcome.err


def test_nothing_that_listens_gives_3(run: Run, peer: Peer) -> None:
    peer.socket.close()
    outcome = run("shrink", peer.url, "--send", "x", "--budget", "1")
    assert outcome.status == 3
    assert outcome.err.count("\n") == 1


def test_the_number_of_connections_is_kept_and_the_smallest_so_far_given(run: Run) -> None:
    dies = of_json(lambda v: v.get("user", {}).get("name", "") is None)
    with serving(answering(dies)) as url:
        args = ("--send", json.dumps(QUESTION), "--json", "-q", "--max-connections", "12")
        outcome = run("shrink", url, *args)
    document = json.loads(outcome.out)
    assert (outcome.status, document["connections"]) == (0, 12)
    assert document["is_minimal"] is False
    assert dies(document["message"])
    assert "used up" in document["notes"][-1]


def test_credentials_are_in_no_output(run: Run) -> None:
    message = json.dumps({"password": "pw-hunter2-long", "text": f"bad {TOKEN}", "pin": None})
    dies = of_json(lambda v: "hunter2" in v["password"] and "s3cret" in v["text"])
    with serving(answering(dies)) as url:
        for option in ("--json", "--no-color"):
            outcome = run("shrink", url, "--token", TOKEN, "--send", message, option)
            assert outcome.status == 0
            said = outcome.out + outcome.err
            assert [s for s in ("hunter", "s3cret", "tok3n") if s in said] == []
            assert "[redacted]" in said


def test_people_get_the_message_the_reason_and_a_command(run: Run) -> None:
    dies = of_json(lambda v: v.get("n", 1) == 0)
    with serving(answering(dies)) as url:
        outcome = run("shrink", url, "--send", '{"n": 0, "m": 1}', "--no-color")
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0] == '{"n": 0}'
    assert "Because of the field n: its value 0 breaks, 1 passes." in lines
    assert f"hangup diagnose {url} --send='{{\"n\": 0}}'" in lines
    assert "messages tried, the smallest has 8 bytes" in outcome.err


def test_a_long_run_of_one_character_is_counted(run: Run) -> None:
    dies: Dies = lambda message: len(message) > 4096  # noqa: E731
    with serving(answering(dies)) as url:
        outcome = run("shrink", url, "--send", "x" * 5000, "--no-color", "-q")
    assert outcome.out.startswith("aaa… (4,097 times 'a')\n")
    assert f"hangup diagnose {url} --send=''\"$(printf '%4097s' | tr ' ' a)\"''" in outcome.out


def test_a_server_that_falls_silent_has_broken_too(shrunk: Shrunk) -> None:
    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        if "hang" in str(await client.receive()):
            await asyncio.Event().wait()
        await client.drain()

    found = shrunk(routed(handle), '{"hang": 1}', "--budget", "20")
    assert found["closure"]["transport_end"] == "silence"
    assert found["because"].startswith("the key hang, whatever its value")


def test_a_binary_message_comes_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"\x01\x02\xff\x03\x04")
    with serving(answering(lambda message: b"\xff" in message)) as url:  # type: ignore[operator]
        outcome = run("shrink", url, "--send-file", str(tmp_path / "m.bin"), "--json")
    document = json.loads(outcome.out)
    assert (document["message_base64"], document["because"]) == ("/w==", "the byte 0xff")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "--send: it is missing; give the message that breaks the connection"),
        (["--send", ""], "--send: the message is empty, and nothing is smaller"),
        (["--send", "x", "--budget", "0"], "--budget: it must be a number of seconds above 0"),
        (["--send", "x", "--max-connections", "0"], "--max-connections: it must be at least 1"),
        (["--send-file", "/nowhere"], "--send-file: '/nowhere' cannot be read: no such file"),
        (["--send", "x", "--scenario", "y"], "--scenario: it cannot be combined with --send"),
        (["--send", "x", "-H", "no colon"], "--header: write it as 'Name: value'"),
    ],
)
def test_a_bad_option_is_refused_and_nothing_is_sent(
    run: Run, peer: Peer, options: list[str], sentence: str
) -> None:
    outcome = run("shrink", peer.url, *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"hangup: {sentence}")
    assert not peer.was_called


def test_ctrl_c_gives_the_smallest_found_so_far() -> None:
    seen = threading.Event()

    async def handle(client: Client, request: Request) -> None:
        await client.upgrade(request)
        message = str(await client.receive())
        if "x" in message and len(message) < 40:
            seen.set()
        if "bad" in message:
            await client.close(1011)
        await client.drain()

    with serving(routed(handle)) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "hangup", "shrink", url, "--send", f"{'x ' * 30}bad", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert seen.wait(20)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    document = json.loads(out)
    assert process.returncode == 130
    assert "bad" in document["message"]
    assert document["is_minimal"] is False
    assert document["notes"][-1].startswith("Interrupted.")
