"""What a user class declares is checked before anybody comes, and needs no Locust."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hangup.conversation import Conversation, Expect, Send, Wait
from hangup.errors import UsageError
from hangup.load.latencies import Latencies
from hangup.load.locust.batch import Batch, Count, Kind, Totals
from hangup.load.locust.declared import Declared, Order, order_of

URL = "ws://127.0.0.1:1/ws"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"host": None}, "it has no host: set it in the class, or give --host"),
    ({"host": "127.0.0.1"}, "host: it must begin with ws://, wss://, http:// or https://"),
    ({"sends": "hello"}, "sends takes a list of messages, and not one text"),
    ({"messages": 0}, "messages cannot be 0"),
    ({"messages": 1.5}, "messages cannot be 1.5"),
    ({"every": float("nan")}, "every cannot be nan"),
    ({"patience": 0}, "patience cannot be 0"),
    ({"hold": float("inf")}, "hold cannot be inf"),
    ({"again": -1}, "again cannot be -1"),
    ({"hold": True}, "hold cannot be True"),
    (
        {"sends": ("a",), "conversation": Conversation()},
        "conversation cannot be combined with sends and expects",
    ),
]


def declared(**fields: Any) -> type[Declared]:
    return type("Chat", (Declared,), {"host": URL, **fields})


@pytest.mark.parametrize(("fields", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_is_told_in_one_sentence(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as told:
        order_of(declared(**fields))
    assert str(told.value) == f"Chat: {words}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"users\.csv: it cannot be read: no such file"):
        order_of(declared(people=str(tmp_path / "users.csv")))


def test_an_order_reaches_the_engine_as_it_was_declared(tmp_path: Path) -> None:
    people = tmp_path / "users.csv"
    people.write_text("name\nálice\nbob\n", "utf-8")
    steps = (Send("hi {name}"), Send(b"\x00\xff"), Expect("x", 0.5), Wait(1.0))
    user = declared(people=str(people), conversation=Conversation(steps), token="t-{n}", messages=2)
    order = msgspec.json.decode(msgspec.json.encode(order_of(user)), type=Order)
    assert order.load().conversation.steps == steps
    assert order.load().messages == 2
    part = order.cast()(3)
    assert part.steps[0].payload == "hi álice".encode()
    assert part.endpoint.credential is not None
    assert part.endpoint.credential.token == "t-3"


def kind(reason: str, sure: float = 0.5) -> Kind:
    return Kind(
        kind="closed-1011-reason",
        opened=True,
        wanted=False,
        code=1011,
        reason=reason,
        closed_by="remote",
        words=f"closed 1011 {reason!r}",
        cause=None,
        layer="application",
        sure=sure,
    )


def test_batches_of_any_workers_add_up() -> None:
    whole, totals = Latencies(), Totals()
    for worker in range(3):
        part = Latencies()
        for us in range(100, 100_000, 700):
            part.add(us * (worker + 1))
            whole.add(us * (worker + 1))
        counts = (
            Count(
                kind=kind("boom", worker / 10), count=worker + 1, after={"message:7": worker + 1}
            ),
            Count(kind=kind("other"), count=1, lifetimes={2: 1}),
        )
        totals.add(Batch(sent=10, lost=worker, latency=part.encode().decode(), counts=counts))
    assert (totals.sent, totals.lost) == (30, 3)
    assert totals.latency.counted() == whole.counted()
    found = {each.kind.reason: each for each in totals.counts()}
    assert (found["boom"].count, found["boom"].after) == (6, {"message:7": 6})
    assert found["boom"].kind.sure == 0.2
    assert (found["other"].count, found["other"].lifetimes) == (3, {2: 3})


def test_a_missing_locust_is_one_sentence() -> None:
    code = "import sys; sys.modules['locust'] = None; from hangup.load.locust import EngineUser"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "hangup.errors.UsageError: users of Locust need pip install 'hangup[locust]'"


def test_the_engine_is_not_patched() -> None:
    code = "import sys, hangup.load.locust.engine as e; print('gevent' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "False\n"
    assert "gevent" not in sys.modules
