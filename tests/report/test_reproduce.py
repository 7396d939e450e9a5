from __future__ import annotations

import http
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import report_examples as example
from msgspec.structs import replace
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from hangup.conversation import Conversation, Send, converse
from hangup.diagnosis import Diagnosis
from hangup.endpoint import Credential, Endpoint
from hangup.errors import UsageError
from hangup.event import FrameSent
from hangup.inquiry import Inquiry
from hangup.report.reproduce import check_reproducer_path, write_reproducer
from hangup.trace import Trace

TOKEN = "s3cr3t-t0ken"
Serve = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Serve]:
    servers: list[tuple[Server, threading.Thread]] = []

    def begin(handler: Callable[[ServerConnection], None], **options: object) -> int:
        server = serve(handler, "127.0.0.1", 0, **options)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return int(server.socket.getsockname()[1])

    yield begin
    for server, thread in servers:
        server.shutdown()
        thread.join()


def closes_1011(websocket: ServerConnection) -> None:
    websocket.close(1011, "Internal error")


def echoes(websocket: ServerConnection) -> None:
    for message in websocket:
        websocket.send(message)


def demands_token(websocket: ServerConnection, request: Request) -> Response | None:
    if (
        request.headers.get("Authorization") == f"Bearer {TOKEN}"
        and f"token={TOKEN}" in request.path
    ):
        return None
    return websocket.respond(http.HTTPStatus.FORBIDDEN, "no")


def inquiry(port: int, conversation: Conversation | None = None, **changes: object) -> Inquiry:
    endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws").with_(**changes)
    return Inquiry(endpoint=endpoint, conversation=conversation or Conversation())


def reproduce(
    path: Path, asked: Inquiry, diagnosis: Diagnosis, trace: Trace
) -> subprocess.CompletedProcess[str]:
    write_reproducer(path, asked, diagnosis, [trace])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    environ |= {"HANGUP_SECRET_TOKEN": TOKEN, "HANGUP_SECRET_AUTHORIZATION": f"Bearer {TOKEN}"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=50, cwd=path.parent, env=environ
    )


def incident() -> tuple[Diagnosis, Trace]:
    return example.incident_diagnosis(), example.incident_trace()


def refusal() -> tuple[Diagnosis, Trace]:
    trace = example.refused_trace()
    return example.diagnosis(trace, "auth.refused"), trace


def test_the_reproducer_fails_while_the_fault_is_there(tmp_path: Path, start: Serve) -> None:
    done = reproduce(tmp_path / "test_it.py", inquiry(start(closes_1011)), *incident())
    assert done.returncode == 1, done.stdout
    assert "received 1011 (internal error) Internal error" in done.stdout
    assert "hangup saw: the server closed first: 1011 'Internal error'" in done.stdout


def test_the_reproducer_passes_once_the_endpoint_is_mended(tmp_path: Path, start: Serve) -> None:
    talk = converse(('it\'s "hello"\n',), ("hel+o",))
    done = reproduce(tmp_path / "test_it.py", inquiry(start(echoes), talk), *incident())
    assert done.returncode == 0, done.stdout


def test_a_reply_that_does_not_come_fails(tmp_path: Path, start: Serve) -> None:
    step = converse(("hello",), ("goodbye",)).steps
    talk = Conversation((step[0], replace(step[1], within=0.2)))
    done = reproduce(tmp_path / "test_it.py", inquiry(start(echoes), talk), *incident())
    assert done.returncode == 1
    assert "no reply matched 'goodbye' within 0.2 s" in done.stdout


def test_a_refused_upgrade_fails_and_an_accepted_one_passes(tmp_path: Path, start: Serve) -> None:
    port = start(echoes, process_request=demands_token)
    refused = reproduce(tmp_path / "test_a.py", inquiry(port), *refusal())
    assert refused.returncode == 1
    assert "no WebSocket opened: InvalidStatus" in refused.stdout
    accepted = inquiry(
        port,
        target="/ws?token=typed",
        headers=(("Authorization", "Bearer typed"),),
    )
    done = reproduce(tmp_path / "test_b.py", accepted, *refusal())
    assert done.returncode == 0, done.stdout


def test_nobody_listening_fails(tmp_path: Path, start: Serve) -> None:
    done = reproduce(tmp_path / "test_it.py", inquiry(1), *refusal())
    assert done.returncode == 1
    assert "no WebSocket opened: ConnectionRefusedError" in done.stdout


SECRET = "every-S3cret"


@pytest.mark.parametrize("ending", [".py", ".sh", ".md"])
@pytest.mark.parametrize("place", ["header", "query", "subprotocol", "cookie", "message"])
@pytest.mark.parametrize("fault", [incident, refusal])
def test_no_secret_is_ever_written(
    tmp_path: Path, ending: str, place: str, fault: Callable[[], tuple[Diagnosis, Trace]]
) -> None:
    asked = inquiry(
        8000,
        converse((f'{{"auth": "{SECRET}"}}',), (f"for {SECRET}",)),
        target=f"/{SECRET}?token={SECRET}-query&room=1",
        headers=(("Cookie", f"sid={SECRET}-cookie"), ("X-Note", f"for {SECRET}")),
        credential=Credential(token=SECRET, place=place),
    )
    path = tmp_path / f"test_it{ending}"
    diagnosis, trace = fault()
    write_reproducer(path, asked, diagnosis, [trace])
    assert SECRET not in path.read_text()
    assert "HANGUP_SECRET_TOKEN" in path.read_text()


@pytest.mark.parametrize("ending", [".py", ".sh", ".md"])
def test_no_variable_of_a_reproducer_is_an_option_of_hangup(tmp_path: Path, ending: str) -> None:
    names = ("Key", "Token", "Proxy-Authorization", "X-Secret", "Cookie")
    asked = inquiry(
        8000,
        converse(("hunter22",), ()),
        target="/hunter22?key=hunter22&token=hunter22",
        headers=tuple((name, "hunter22") for name in names),
    )
    path = tmp_path / f"test_it{ending}"
    write_reproducer(path, asked, *_listed(incident()))
    found = set(re.findall(r"HANGUP_\w+", path.read_text()))
    assert found >= {"HANGUP_SECRET_KEY", "HANGUP_SECRET_TOKEN"}
    assert all(name.startswith("HANGUP_SECRET_") for name in found)


@pytest.mark.parametrize("ending", [".py", ".sh", ".md"])
@pytest.mark.parametrize("fault", [incident, refusal])
@pytest.mark.parametrize(
    "changes", [{"overrides": (("hunter22.example", 8000, "::1"),)}, {"family": "ipv4"}]
)
def test_a_token_in_the_place_of_a_host_is_left_open(
    tmp_path: Path,
    ending: str,
    fault: Callable[[], tuple[Diagnosis, Trace]],
    changes: dict[str, object],
) -> None:
    asked = inquiry(
        8000,
        credential=Credential(token="Hunter22"),
        host="hunter22.example",
        **changes,
    )
    path = tmp_path / f"test_it{ending}"
    write_reproducer(path, asked, *_listed(fault()))
    assert "hunter22" not in path.read_text().lower()


def test_a_secret_that_is_an_ordinary_word_spoils_nothing(tmp_path: Path) -> None:
    credential = Credential(token="websocket")
    path = tmp_path / "test_it.py"
    write_reproducer(path, inquiry(8000, credential=credential), *_listed(incident()))
    compile(path.read_text(), str(path), "exec")
    assert "websockets.sync.client" in path.read_text()


def _listed(fault: tuple[Diagnosis, Trace]) -> tuple[Diagnosis, list[Trace]]:
    return fault[0], [fault[1]]


HOSTILE_HEADERS = (("X-Quotes", 'it\'s "q" $(touch owned) `touch owned` \\ ${HOME}'),)


def test_the_shell_gets_every_word_as_it_was(tmp_path: Path) -> None:
    asked = inquiry(
        8000,
        converse(("it's $(touch owned)\n-x",), ("a'b",)),
        target="/ws?q='$(touch%20owned)",
        headers=HOSTILE_HEADERS,
    )
    diagnosis, trace = example.evil_diagnosis()
    path = tmp_path / "it.sh"
    write_reproducer(path, asked, diagnosis, [trace])
    words = shell_words(path)
    assert words[:2] == ["diagnose", "ws://127.0.0.1:8000/ws?q='$(touch%20owned)"]
    assert f"X-Quotes: {HOSTILE_HEADERS[0][1]}" in words
    assert "--send=it's $(touch owned)\n-x" in words
    assert "--expect=a'b" in words
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(("seconds", "more"), [(3.0, []), (20.0, ["--budget", "50"])])
def test_a_slow_reader_is_asked_for_again(tmp_path: Path, seconds: float, more: list[str]) -> None:
    path = tmp_path / "it.sh"
    asked = replace(inquiry(8000), read_slowly=seconds, budget=50.0 if more else 30.0)
    write_reproducer(path, asked, *_listed(incident()))
    words = shell_words(path)
    assert words[words.index("--read-slowly") :] == ["--read-slowly", f"{seconds:g}", *more]


def test_a_failed_opening_is_shown_with_curl(tmp_path: Path) -> None:
    asked = inquiry(
        8000,
        headers=HOSTILE_HEADERS,
        credential=Credential(token=TOKEN),
        overrides=(("127.0.0.1", 8000, "::1"),),
    )
    path = tmp_path / "it.sh"
    write_reproducer(path, asked, *_listed(refusal()))
    words = shell_words(path)
    assert words[:5] == ["-i", "-N", "--http1.1", "--max-time", "10"]
    assert f"Authorization: Bearer {TOKEN}" in words
    assert f"X-Quotes: {HOSTILE_HEADERS[0][1]}" in words
    assert words[-3:] == ["--resolve", "127.0.0.1:8000:[::1]", "http://127.0.0.1:8000/ws"]


def shell_words(path: Path) -> list[str]:
    """Run the script with programs that only print the words they were given."""
    programs = path.parent / "bin"
    programs.mkdir()
    for name in ("curl", "hangup"):
        program = programs / name
        program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
        program.chmod(0o755)
    environ = {"PATH": f"{programs}:{os.environ['PATH']}", "HANGUP_SECRET_TOKEN": TOKEN}
    done = subprocess.run(
        [str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        cwd=path.parent,
        env=environ,
    )
    return done.stdout.split("\0")[:-1]


def test_a_script_without_its_secret_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "it.sh"
    asked = inquiry(8000, credential=Credential(token=TOKEN))
    write_reproducer(path, asked, *_listed(refusal()))
    done = subprocess.run(
        [str(path)], capture_output=True, text=True, timeout=10, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode != 0
    assert "HANGUP_SECRET_TOKEN: must hold the credential" in done.stderr


@pytest.mark.parametrize(("fault", "program"), [(incident, "hangup"), (refusal, "curl")])
def test_a_script_without_its_program_says_what_is_missing(
    tmp_path: Path, fault: Callable[[], tuple[Diagnosis, Trace]], program: str
) -> None:
    path = tmp_path / "it.sh"
    write_reproducer(path, inquiry(8000), *_listed(fault()))
    done = subprocess.run(
        ["/bin/sh", str(path)], capture_output=True, text=True, timeout=10, env={"PATH": ""}
    )
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr.startswith(f"This needs {program} on the PATH: ")
    assert done.stderr.count("\n") == 1


def healthy() -> tuple[Diagnosis, Trace]:
    trace = example.healthy_trace()
    return example.diagnosis(trace, None), trace


def test_a_healthy_run_is_reproduced_as_one_that_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    write_reproducer(path, inquiry(8000), *_listed(healthy()))
    text = path.read_text()
    assert text.startswith('"""Passes as long as a WebSocket endpoint is as healthy')
    assert "MAY_CLOSE_WITH = (1000,)" in text


def test_a_healthy_run_is_reported_as_no_bug(tmp_path: Path) -> None:
    path = tmp_path / "it.md"
    write_reproducer(path, inquiry(8000), *_listed(healthy()))
    assert path.read_text().startswith("# The WebSocket works\n")


def test_the_bug_report_says_what_comes_and_what_should(tmp_path: Path) -> None:
    path = tmp_path / "bug.md"
    write_reproducer(path, inquiry(8000), *_listed(incident()))
    text = path.read_text()
    assert text.startswith("# The WebSocket ends when it should not (session.masked-exception)\n")
    assert re.search(r"## Actual\n\nThe server closed first: 1011", text)
    assert "## Expected\n\nThe WebSocket opens, it stays open" in text


def test_a_big_message_is_sent_by_its_size(tmp_path: Path) -> None:
    frame = replace(example.sent(0.004, "head"), size=70_000)
    trace = replace(
        example.trace(*example.opened(), frame, example.close_received(0.01, 1009, "")),
        experiment="big-message",
    )
    path = tmp_path / "test_it.py"
    write_reproducer(path, inquiry(8000), example.diagnosis(trace, "limits.size"), [trace])
    assert "say(websocket, 'head' + \"x\" * 69996)" in path.read_text()


def test_tls_options_are_carried_over(tmp_path: Path) -> None:
    trace = example.certificate_trace()
    asked = inquiry(443, secure=True)
    tls = replace(asked.endpoint.tls, ca_file="/etc/it's.pem", verify=False)
    asked = replace(asked, endpoint=asked.endpoint.with_(tls=tls, family="ipv4"))
    path = tmp_path / "test_it.py"
    write_reproducer(path, asked, example.diagnosis(trace, "tls.name-mismatch"), [trace])
    text = path.read_text()
    compile(text, str(path), "exec")
    assert 'create_default_context(cafile="/etc/it\'s.pem")' in text
    assert "context.verify_mode = ssl.CERT_NONE" in text
    assert "socket.AF_INET," in text


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the reproducer 'it.js' must end in .py, .sh or .md"):
        check_reproducer_path(Path("it.js"))


@pytest.mark.parametrize("ending", [".py", ".sh", ".md"])
def test_no_secret_of_a_binary_message_is_written(tmp_path: Path, ending: str) -> None:
    raw = b"\x01\xff" + SECRET.encode() + b"\x00" + SECRET.encode().hex().encode()
    asked = inquiry(8000, Conversation((Send(raw),)), credential=Credential(token=SECRET))
    path = tmp_path / f"test_it{ending}"
    write_reproducer(path, asked, *_listed(incident()))
    assert SECRET not in path.read_text()
    assert SECRET.encode().hex() not in path.read_text()


def test_a_secret_of_a_binary_message_comes_from_the_environment(
    tmp_path: Path, start: Serve
) -> None:
    heard: list[str | bytes] = []

    def hears(websocket: ServerConnection) -> None:
        for message in websocket:
            heard.append(message)

    raw = b"\x01\xff" + TOKEN.encode() + b"\x00"
    conversation = Conversation((Send(raw), Send(b"\x02")))
    asked = inquiry(start(hears), conversation, credential=Credential(token=TOKEN, place="message"))
    done = reproduce(tmp_path / "test_it.py", asked, *incident())
    assert done.returncode == 0, done.stdout
    assert heard[1:] == [raw, b"\x02"]


def test_a_redacted_binary_message_of_a_trace_is_sent_with_its_secret(tmp_path: Path) -> None:
    data = b"\x01[redacted]\x02"
    frame = FrameSent(at=0.004, opcode="binary", size=70_000, data=data)
    trace = replace(
        example.trace(*example.opened(), frame, example.close_received(0.01, 1009, "")),
        experiment="big-message",
    )
    path = tmp_path / "test_it.py"
    asked = inquiry(8000, credential=Credential(token=SECRET))
    write_reproducer(path, asked, example.diagnosis(trace, "limits.size"), [trace])
    token = 'os.environ["HANGUP_SECRET_TOKEN"].encode()'
    assert f"say(websocket, b'\\x01' + {token} + b'\\x02')" in path.read_text()
