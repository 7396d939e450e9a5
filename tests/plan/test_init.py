"""A first plan passes as it is written, or one sentence says why there is none."""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import count
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from bars import hostile, peers
from bars.program import Run, hangup
from hangup.document import Nodes, compose
from hangup.planning.heard import expectation
from hangup.planning.written import flow, quoted

StartServer = Callable[..., str]
SERVERS = ("uvicorn", "hypercorn", "aiohttp", "tornado", "node-ws")
TOKEN = "s3cret-and-long-enough"


def written(folder: Path, *args: str) -> tuple[Run, str]:
    """Run `hangup init` into a file, and give its text, nothing where there is none."""
    path = folder / "plan.yaml"
    run = hangup("init", *args, "-o", str(path))
    return run, path.read_text() if path.exists() else ""


def ran(folder: Path) -> Run:
    return hangup("test", str(folder / "plan.yaml"), "--json")


def outcomes(folder: Path) -> dict[str, str]:
    run = ran(folder)
    assert run.status == 0, run.stdout
    checks = [check for phase in run.document["phases"] for check in phase["checks"]]
    return {check["name"]: check["outcome"] for check in checks}


@contextmanager
def serving(
    handle: Callable[[ServerConnection], None],
    *,
    admit: Callable[[ServerConnection, Request], Response | None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve on a port of its own, and give the URL."""
    with serve(handle, "127.0.0.1", 0, process_request=admit, ssl=tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        try:
            yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/ws"
        finally:
            server.shutdown()
            thread.join(10)


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def known_only(connection: ServerConnection, request: Request) -> Response | None:
    if request.headers.get("Authorization") == f"Bearer {TOKEN}":
        return None
    return connection.respond(HTTPStatus.UNAUTHORIZED, "who are you?")


@pytest.mark.parametrize("server", SERVERS)
def test_the_plan_of_a_healthy_server_passes(
    start_server: StartServer, server: str, tmp_path: Path
) -> None:
    run, text = written(tmp_path, start_server(server), "--send", "hello")
    assert run.status == 0, run.stderr
    assert 'expect: "^hello$"' in text
    found = outcomes(tmp_path)
    assert set(found.values()) == {"passed"}
    assert {"it opens", "a message is answered", "several at once"} <= set(found)


def test_what_is_tried_is_asked_for_only_when_that_is_allowed(
    start_server: StartServer, tmp_path: Path
) -> None:
    url = start_server("uvicorn")
    _, calm = written(tmp_path, url)
    assert "Not checked: no message was given" in calm
    assert "\n          - send:" not in calm
    run, text = written(tmp_path, url, "--try-message", "--force")
    assert run.status == 0, run.stderr
    assert {"a tried message is answered", "a message that is no JSON"} <= set(outcomes(tmp_path))
    assert "more than 1 MiB" in text


def test_a_credential_is_named_and_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", TOKEN)
    with serving(echo, admit=known_only) as url:
        run, text = written(tmp_path, url, "--token-env", "CHAT_TOKEN", "--send", TOKEN)
        found = outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert "user: {token: {env: CHAT_TOKEN}}" in text
    assert {"without a credential", "with a wrong credential"} <= set(found)
    assert text.count("ends: {status: 401}") == 2
    assert TOKEN not in text.replace(f'send: "{TOKEN}"', "")


def test_who_is_refused_without_a_credential_gets_that_as_the_end(tmp_path: Path) -> None:
    with serving(echo, admit=known_only) as url:
        run, text = written(tmp_path, url)
        found = outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert "ends: {status: 401}" in text
    assert "with --token-env NAME" in text
    assert "it stays open in silence" not in found


def test_a_credential_that_is_refused_is_no_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", "another")
    with serving(echo, admit=known_only) as url:
        run, text = written(tmp_path, url, "--token-env", "CHAT_TOKEN")
    assert (run.status, text) == (3, "")
    assert b"the credential of CHAT_TOKEN is refused (401 Unauthorized)" in run.stderr


def test_a_greeting_is_expected_without_its_ids_and_times(tmp_path: Path) -> None:
    numbers = count(1)

    def greet(connection: ServerConnection) -> None:
        hello = {"type": "welcome", "id": f"{next(numbers):08x}", "at": time.time(), "v": 3}
        connection.send(json.dumps(hello))
        echo(connection)

    with serving(greet) as url:
        run, text = written(tmp_path, url)
        outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert 'expect: {type: "welcome", id: {matches: "^[0-9a-f]+$"}, v: 3}' in text


def test_what_differs_the_second_time_is_a_comment_with_what_happened(tmp_path: Path) -> None:
    numbers = count(1)

    def forgetful(connection: ServerConnection) -> None:
        for message in connection:
            if next(numbers) <= 2:
                connection.send(message)

    with serving(forgetful) as url:
        run, text = written(tmp_path, url, "--send", "hello")
        outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert "# - name: a message is answered" in text
    assert "Not checked: it ended differently when it was played again" in text


def refusing(wire: object) -> None:
    peers.read_head(wire)  # type: ignore[arg-type]
    wire.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]


def closing(wire: object) -> None:
    peers.open_websocket(wire)  # type: ignore[arg-type]
    wire.sendall(peers.close(4401, b"who are you?"))  # type: ignore[attr-defined]
    peers.drain(wire)  # type: ignore[arg-type]


@pytest.mark.parametrize(("play", "end"), [(refusing, "{status: 403}"), (closing, "{close: 4401}")])
def test_a_chosen_end_is_declared(play: peers.Play, end: str, tmp_path: Path) -> None:
    with peers.playing(play) as peer:
        run, text = written(tmp_path, peer.url)
        found = outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert f"ends: {end}" in text
    assert {"it ends as declared", "several at once"} <= set(found)


def test_an_end_that_is_another_one_each_time_is_no_plan(tmp_path: Path) -> None:
    numbers = count(1)

    def unsteady(connection: ServerConnection) -> None:
        connection.close(4401 if next(numbers) <= 2 else 4403)

    with serving(unsteady) as url:
        run, text = written(tmp_path, url)
    assert (run.status, text) == (3, "")
    assert b"it ended differently when it was played again" in run.stderr


FAULTS = (
    peers.says_nothing,
    peers.headers_without_end,
    peers.headers_flooding,
    peers.headers_that_stop,
    peers.body_without_end,
    peers.a_byte_a_second,
    peers.crashes_after_accept,
    peers.gibibyte_frame,
    peers.half_a_frame,
    peers.ping_flood,
    hostile.not_http,
    hostile.hostile_messages,
    hostile.hostile_reason,
    hostile.hostile_subprotocol,
    hostile.endless_header_line,
)


@pytest.mark.parametrize("play", FAULTS, ids=lambda play: play.__name__)
def test_what_is_no_plan_is_one_sentence_within_the_budget(
    play: peers.Play, tmp_path: Path
) -> None:
    with peers.playing(play) as peer:
        run, text = written(tmp_path, peer.url, "--budget", "6")
    assert (run.status, text) == (3, ""), run.stderr
    assert run.stderr.count(b"\n") == 1
    assert b"\x1b" not in run.stderr
    assert run.elapsed < 6 + 4  # the start of the program is not in its budget


def test_an_endpoint_that_cannot_be_reached_is_no_plan(tmp_path: Path) -> None:
    with peers.playing(peers.says_nothing) as peer:
        url = peer.url
    run, text = written(tmp_path, url)
    assert (run.status, text) == (3, "")
    assert b"it is nothing to plan with" in run.stderr


def test_a_file_is_replaced_only_by_force(start_server: StartServer, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("mine")
    run, text = written(tmp_path, start_server("uvicorn"))
    assert (run.status, text) == (2, "mine")
    assert b"exists; --force replaces it" in run.stderr
    assert written(tmp_path, start_server("uvicorn"), "--force")[0].status == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "URL: it is missing"),
        (("ws://user:pass-word@h/ws",), "a plan holds no secrets"),
        (("ws://h/ws?token=abcdefgh",), "--token-in query"),
        (("ws://h/ws", "--token-env", "eyJ.not.a-name"), "not the credential itself"),
        (("ws://h/ws", "--token-env", "NOT_SET_HERE"), "is not set"),
        (("ws://h/ws", "--token-in", "query"), "--token-in: it needs --token-env"),
        (("ws://h/ws", "--send", '{"password": "abcdefgh"}'), "--send: it holds a credential"),
        (("ws://h/ws", "--cacert", "x.pem"), "no effect on ws://"),
        (("ws://h/ws", "--ready", "--har", "a"), "cannot be combined"),
        (("ws://h/ws", "--ready", "--send", "a"), "no effect together with --ready"),
        (("ws://h/ws", "--budget", "0"), "--budget"),
        (("ws://h/ws?a=1", "--asyncapi", "a.yaml"), "URL: its query is not taken"),
        (("ws://h/ws", "--har", "a.har", "--origin", "https://h"), "no effect together with --har"),
        (("--asyncapi", "absent.yaml"), "absent.yaml: it cannot be read"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(args: tuple[str, ...], words: str) -> None:
    run = hangup("init", *args)
    assert run.status == 2
    assert words in run.stderr.decode()
    assert b"pass-word" not in run.stderr
    assert b"abcdefgh" not in run.stderr


def test_the_url_stands_plainly_when_that_is_asked_for(
    start_server: StartServer, tmp_path: Path
) -> None:
    url = start_server("uvicorn")
    _, text = written(tmp_path, url, "--env-less")
    assert f'endpoint: "{url}"' in text
    assert "variables:" not in text


@pytest.fixture
def secured() -> tuple[trustme.CA, ssl.SSLContext]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority, context


# The certificate of a plan is checked by its key `holds`.
@pytest.mark.parametrize("trust", ["--cacert", "--insecure"])
def test_a_certificate_is_looked_at(
    secured: tuple[trustme.CA, ssl.SSLContext], trust: str, tmp_path: Path
) -> None:
    authority, context = secured
    authority.cert_pem.write_to_path(os.fspath(tmp_path / "ca.pem"))
    options = [trust, str(tmp_path / "ca.pem")] if trust == "--cacert" else [trust]
    with serving(echo, tls=context) as url:
        run, text = written(tmp_path, url, *options)
        found = outcomes(tmp_path)
    assert run.status == 0, run.stderr
    assert "holds: {certificate-days: 21}" in text
    assert "certificate" in found


def test_a_plan_says_whom_it_trusts(
    secured: tuple[trustme.CA, ssl.SSLContext], tmp_path: Path
) -> None:
    authority, context = secured
    authority.cert_pem.write_to_path(os.fspath(tmp_path / "ca.pem"))
    found = {}
    with serving(echo, tls=context) as url:
        for tls in ("tls: {cacert: ca.pem}", "tls: {verify: false}", "diagnose: false"):
            plan = f"endpoint: {url}\n{tls}\nphases: [{{name: p, checks: [{{name: c}}]}}]"
            (tmp_path / "plan.yaml").write_text(plan)
            found[tls.partition(":")[2]] = ran(tmp_path).status
    assert list(found.values()) == [0, 0, 1]


def test_a_forged_token_is_tried_where_tokens_are_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln")
    with serving(echo) as url:
        run, text = written(tmp_path, url, "--token-env", "CHAT_TOKEN")
    assert run.status == 0, run.stderr
    assert "wrong: {token: {jwt: {key:" in text
    assert "Not checked: the wrong credential was let in" in text


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(json_values)
def test_a_value_is_read_as_it_was_written(value: object) -> None:
    text = flow(value)
    if "DOLLAR" in text or "%{" in text:
        return
    node = compose(text, "p")
    assert node
    read = Nodes("p").plain(node)
    assert json.dumps(read) == json.dumps(json.loads(json.dumps(value)))


def test_a_dollar_before_a_brace_is_no_variable() -> None:
    assert quoted("${a}") == '"${DOLLAR}{a}"'


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (["hello", "hello"], '"^hello$"'),
        (["room 1: hi", "room 2: hi"], '"^room"'),
        (["abc", "xyz"], '""'),
        ([None, None], '""'),
        (['{"type": "a", "n": 1}', '{"type": "a", "n": 2}'], '{type: "a"}'),
        (['{"type": "a", "token": "x"}'] * 2, '{type: "a"}'),
        (['{"ok": true, "n": 7}'] * 2, '{ok: true, "n": 7}'),
        (['{"n": 7}'], '""'),
    ],
)
def test_what_was_heard_is_expected_as_far_as_it_is_sure(
    seen: list[str | None], wanted: str
) -> None:
    assert expectation(seen) == (wanted,)
