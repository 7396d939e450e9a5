"""The whole program against real peers: verdicts, secrets, Ctrl-C, the demo."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hangup.__main__ import main

TOKEN = "tok3n-s3cret/+=&"
FORMS = ("s3cret", "dG9rM24tczNjcmV0", "czNjcmV0")


class Mirror:
    """An HTTP peer that refuses every upgrade and says back all that it was sent."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                request = b""
                while b"\r\n\r\n" not in request and (data := _receive(connection)):
                    request += data
                head = f"HTTP/1.1 403 Forbidden\r\nX-Seen: {request.split()[1].decode()}\r\n"
                head += f"Content-Length: {len(request)}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode() + request)

    def close(self) -> None:
        self._socket.close()


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except OSError:
        return b""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.close()


def _run(args: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "hangup", *args],
        capture_output=True,
        text=True,
        env=environ,
        cwd=cwd,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize(
    "carrier",
    [
        ["--token", TOKEN],
        ["--token", TOKEN, "--token-in", "query"],
        ["--token", TOKEN, "--token-in", "message"],
        ["-H", f"Authorization: Bearer {TOKEN}"],
        ["-H", f"Cookie: session={TOKEN}"],
        ["-H", f"X-Api-Key: {TOKEN}"],
        ["--token", "the-first-one", "--other-token", TOKEN],
    ],
)
def test_a_token_is_in_no_output(mirror: Mirror, tmp_path: Path, carrier: list[str]) -> None:
    names = ("a.html", "a.md", "a.json", "a.xml")
    files = [arg for name in names for arg in ("--report", str(tmp_path / name))]
    files += ["--save", str(tmp_path / "a.ndjson"), "--reproducer", str(tmp_path / "a.sh")]
    url = f"ws://127.0.0.1:{mirror.port}/ws"
    done = _run([url, *carrier, *files, "--budget", "5", "-v"])
    assert done.returncode in (1, 3), done.stderr
    outputs = {"stdout": done.stdout, "stderr": done.stderr}
    outputs |= {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(outputs) == 8
    assert [(n, f) for n, text in outputs.items() for f in FORMS if f in text] == []


def test_a_healthy_server_gives_0(start_server: Callable[..., str]) -> None:
    done = _run([start_server("uvicorn"), "--send", "hi", "--expect", "hi", "--json"])
    assert json.loads(done.stdout)["verdict"] == "healthy"
    assert done.returncode == 0


def test_nothing_listening_gives_1_and_a_saved_trace_that_is_judged_alike(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    saved = str(tmp_path / "runs.ndjson")
    done = _run([f"ws://127.0.0.1:{port}/", "--json", "--save", saved])
    assert done.returncode == 1
    again = _run(["judge", saved, "--json"])
    assert json.loads(again.stdout)["cause"] == json.loads(done.stdout)["cause"] == "tcp.refused"


INTERRUPTIONS = [
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGTERM, signal.default_int_handler),
    (signal.SIGTERM, signal.SIG_IGN),  # a shell's background job does not hear Ctrl-C
]


@pytest.mark.parametrize(("number", "on_ctrl_c"), INTERRUPTIONS)
def test_an_interruption_on_a_silent_peer_prints_a_document(
    number: signal.Signals, on_ctrl_c: signal.Handlers
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/ws"
        process = subprocess.Popen(
            [sys.executable, "-m", "hangup", url, "--json", "-q"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            preexec_fn=lambda: signal.signal(signal.SIGINT, on_ctrl_c),
        )
        connection, _ = silent.accept()
        connection.recv(4096)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        connection.close()
    assert (process.returncode, err) == (130, "")
    assert json.loads(out)["notes"][-1].startswith("Interrupted")


INTERRUPTED_IMPORT = "import signal; signal.raise_signal(signal.SIGINT)"


@pytest.mark.parametrize(
    "program", [["-m", "hangup"], ["-c", "import sys; from hangup.__main__ import main"]]
)
@pytest.mark.parametrize("slow", ["click", "asyncio", "rich"])
def test_ctrl_c_while_modules_are_loaded_is_quiet(
    tmp_path: Path, program: list[str], slow: str
) -> None:
    (tmp_path / f"{slow}.py").write_text(INTERRUPTED_IMPORT)
    if program[0] == "-c":
        program = [*program[:1], f"{program[1]}; sys.exit(main())"]
    done = subprocess.run(
        [sys.executable, *program, "ws://127.0.0.1:1/", "-q"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        timeout=20,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stderr.strip()) == (130, "")


def test_the_demo_shows_both_reports(tmp_path: Path) -> None:
    done = _run(["demo"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The backend's message" in done.stdout
    assert "refuted: message" in done.stdout
    assert "without a credential: the same" in " ".join(done.stdout.split())
    assert (tmp_path / "hangup-demo.html").stat().st_size
    assert "wrote hangup-demo.html" in done.stderr


def test_the_demo_as_json_is_a_diagnosis_with_the_original_report(tmp_path: Path) -> None:
    done = _run(["demo", "incident", "--json", "-q", "--report", "a.md"], cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["original_report"] == {
        "passed": 2,
        "failed": 2,
        "hung": 2,
        "blamed": "message",
    }
    assert document["layer"] in ("session", "auth")
    assert document["connections"] <= 12
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_the_demos_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names[0] == "incident"
    assert len(names) == 7


def test_an_unknown_demo_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "zzz"]) == 2
    assert capsys.readouterr().err.startswith("hangup: NAME: there is no demo 'zzz'; known are")


def test_several_reproducers_are_all_written(
    start_server: Callable[..., str], tmp_path: Path
) -> None:
    files = [tmp_path / f"again{ending}" for ending in (".py", ".sh", ".md")]
    options = [f"--reproducer={file}" for file in files]
    url = start_server("websockets", "crash_after_accept")
    command = [sys.executable, "-m", "hangup", url, *options, "-q"]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 1
    assert all(file.stat().st_size > 0 for file in files)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_stderr_that_cannot_be_written_changes_no_verdict(
    start_server: Callable[..., str],
) -> None:
    command = [sys.executable, "-m", "hangup", start_server("websockets"), "--json"]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=30)
    assert json.loads(run.stdout)["verdict"] == "healthy"
    assert run.returncode == 0
