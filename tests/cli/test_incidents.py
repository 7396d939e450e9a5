"""`hangup incidents` shows what a store holds, for people and for programs."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from stand_in import Run

from hangup.incident import Caught, CloseTried, ConnectionSeen, MessageSeen, Seen
from hangup.store import Store

AT = time.time() - 60
EVIL = "\x1b]0;owned\x07 \u202egnp"


def caught(**changes: object) -> Caught:
    usual = {
        "at": AT,
        "kind": "masked-exception",
        "exception": "NameError",
        "message": "name 'time' is not defined",
        "frame": "app/auth.py:212 in check_token",
        "chain": ("KeyError: 'sub'",),
        "phase": "auth",
        "close": CloseTried(code=1011, reason="Internal error"),
        "connection": "c1",
        "build": "2.3.1",
    }
    return Caught(**{**usual, **changes})


CONNECTION = ConnectionSeen(
    at=AT - 0.012,
    connection="c1",
    peer="10.0.0.7:51000",
    path="/ws",
    phases=(("accepted", 0.004),),
    messages=(MessageSeen(after=0.005, sent=True, size=17),),
    count=1,
)
OTHER = caught(exception="KeyError", message="'user'", at=AT - 7200, connection="c2", build="2.3.0")


@pytest.fixture
def kept(tmp_path: Path):
    def keep(*items: Seen) -> str:
        store = Store(tmp_path / "s.db")
        for item in items:
            store.put(item)
        store.close()
        assert store.dropped == 0
        return os.fspath(tmp_path / "s.db")

    return keep


def test_incidents_are_grouped_and_the_most_frequent_comes_first(run: Run, kept) -> None:
    path = kept(OTHER, caught(), caught(at=AT + 1, connection="c3", build="2.4"), CONNECTION)
    done = run("incidents", "--store", path, "--no-color")

    assert done.status == 0
    first, second = done.out.split("\n\n")[:2]
    assert "NameError: name 'time' is not defined" in first
    assert "at app/auth.py:212 in check_token, in phase auth" in first
    assert "closing 1011 'Internal error'" in first
    assert "2 times, first" in first
    assert "build 2.3.1, 2.4" in first
    assert "KeyError: 'user'" in second
    assert "once" in second


def test_the_document_has_the_keys_of_the_contract(run: Run, kept) -> None:
    path = kept(caught(), caught(at=AT + 1.5))
    done = run("incidents", "--store", path, "--json")

    document = json.loads(done.out)
    (incident,) = document["incidents"]
    assert (document["schema"], done.status) == ("hangup.incidents/1", 0)
    assert document["hangup"]
    assert incident["id"] == caught().id
    assert incident["count"] == 2
    assert (incident["exception"], incident["phase"]) == ("NameError", "auth")
    assert incident["message"] == "name 'time' is not defined"
    assert incident["frame"] == "app/auth.py:212 in check_token"
    assert incident["chain"] == ["KeyError: 'sub'"]
    assert incident["close"] == {"code": 1011, "reason": "Internal error", "legal": True}
    assert incident["first_seen"] < incident["last_seen"]
    assert incident["first_seen"].endswith("+00:00")


def test_one_incident_is_shown_with_an_example_connection(run: Run, kept) -> None:
    path = kept(OTHER, caught(), CONNECTION)
    done = run("incidents", caught().id[:6], "--store", path)

    assert done.status == 0
    assert "KeyError: 'user'" not in done.out
    assert "Connection c1  /ws  from 10.0.0.7:51000" in done.out
    order = [done.out.index(word) for word in ("arrived", "accepted", "sent text, 17 bytes")]
    assert order == sorted(order)


def test_the_document_of_one_incident_holds_what_its_connection_saw(run: Run, kept) -> None:
    path = kept(caught(), CONNECTION)
    done = run("incidents", caught().id, "--store", path, "--json")

    (incident,) = json.loads(done.out)["incidents"]
    assert incident["example"]["seen"]["peer"] == "10.0.0.7:51000"


def test_since_leaves_out_what_is_older(run: Run, kept) -> None:
    done = run("incidents", "--store", kept(OTHER, caught()), "--since", "1h", "--json")
    assert [each["exception"] for each in json.loads(done.out)["incidents"]] == ["NameError"]


def test_an_empty_store_is_said_in_a_sentence(run: Run, kept) -> None:
    path = kept(CONNECTION)
    done = run("incidents", "--store", path)

    assert (done.status, done.err) == (0, "")
    assert done.out.strip() == f"Nothing was caught: {path} holds no incident."


def test_what_was_dropped_is_shown(run: Run, tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db")
    store.put(object())  # type: ignore[arg-type]
    store.put(caught())
    store.close()
    done = run("incidents", "--store", os.fspath(tmp_path / "s.db"))

    assert "1 item dropped" in done.out


def test_a_failure_without_an_exception_is_named_by_its_kind(run: Run, kept) -> None:
    plain = caught(exception="", message="", chain=(), kind="returned", frame="", close=None)
    done = run("incidents", "--store", kept(plain))

    assert "the application returned without a close" in done.out


def test_what_a_peer_wrote_cannot_steer_the_terminal(run: Run, kept) -> None:
    hostile = caught(message=EVIL, chain=(EVIL,), detail=EVIL, build=EVIL, frame=EVIL)
    shown = run("incidents", "--store", kept(hostile)).out

    assert "\x1b]" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--store", "no.db"), "--store: the store 'no.db' cannot be read: there is no such file"),
        (("--store", os.fspath(Path(__file__).parent)), "it is a folder"),
        (("--store", __file__), "--store: "),
        (("--since", "yesterday"), "--since: 'yesterday' is no duration"),
        (("a", "b"), "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_one_sentence(
    run: Run, args: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("incidents", *args)

    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(("id", "said"), [("ffff", "no incident 'ffff'"), ("", "several")])
def test_an_id_that_is_none_or_several_is_refused(run: Run, kept, id: str, said: str) -> None:
    done = run("incidents", id, "--store", kept(OTHER, caught()))

    assert done.status == 2
    assert said in done.err


def test_what_befell_one_connection_is_found_by_its_name(kept, run: Run) -> None:
    name = "0b5c1f8e-4a36-4d8e-9a53-2f0f6a1f7c11"
    store = kept(caught(), caught(exception="LookupError", hangup_id=name))
    status, out, _ = run("incidents", "--store", store, "--hangup-id", name, "--json")

    assert status == 0
    assert [each["exception"] for each in json.loads(out)["incidents"]] == ["LookupError"]
