"""`hangup record` switches the recorder on under every ASGI server, and changes nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from recording import ASGI, Record, call, caught_in, path_of_tests, seen_in, until
from websockets.sync.client import connect

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("server", ASGI)
def test_an_exception_is_recorded_under_each_server(
    server: str, record: Record, store: str
) -> None:
    process = record(server, "crash_after_accept")
    call(process)

    assert until(lambda: caught_in(store)), process.output()
    (found,) = caught_in(store)
    assert found.exception.endswith("Crash")
    assert found.message == "after accept"
    assert found.frame.endswith("in crash_after_accept")


@pytest.mark.parametrize("server", ASGI)
def test_a_healthy_application_answers_as_before(server: str, record: Record, store: str) -> None:
    process = record(server, "echo")

    assert call(process, "hello") == "hello"
    assert until(lambda: seen_in(store)), process.output()
    assert caught_in(store) == []


@pytest.mark.parametrize("options", [("--workers", "2"), ("--reload",), ("--factory",)])
def test_children_and_factories_of_uvicorn_are_recorded(
    options: tuple[str, ...], record: Record, store: str
) -> None:
    app = "make_echo" if "--factory" in options else "echo"
    process = record("uvicorn", app, *options)

    assert until(lambda: call(process, "x") == "x"), process.output()
    assert until(lambda: seen_in(store)), process.output()


def test_workers_of_hypercorn_and_granian_are_recorded(record: Record, store: str) -> None:
    for server in ("hypercorn", "granian"):
        before = len(seen_in(store))
        process = record(server, "echo", "--workers", "2")
        assert until(lambda p=process: call(p, "x") == "x"), process.output()
        assert until(lambda n=before: len(seen_in(store)) > n), process.output()


def test_an_annotated_close_names_the_incident(record: Record, store: str) -> None:
    process = record("uvicorn", "crash_after_accept", record=["--annotate"])
    reason = call(process)

    assert until(lambda: caught_in(store)), process.output()
    assert reason == f"incident={caught_in(store)[0].id}"


def test_lines_for_a_log_collector_go_to_stderr(record: Record) -> None:
    process = record("uvicorn", "crash_after_accept", record=["--store", "stderr"])
    call(process)

    assert until(lambda: '"hangup":"incident"' in process.output()), process.output()
    assert '"message":"after accept"' in process.output()


def run_record(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hangup", "record", *args],
        env={**os.environ, "PYTHONPATH": path_of_tests(), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("status", [0, 3, 70])
def test_the_exit_status_is_the_commands(status: int, store: str) -> None:
    done = run_record("--store", store, "--", sys.executable, "-c", f"raise SystemExit({status})")

    assert (done.returncode, done.stderr) == (status, "")


def ended_by(process: subprocess.Popen[bytes], number: int, port: int) -> int:
    def listens() -> bool:
        with contextlib.suppress(OSError), connect(f"ws://127.0.0.1:{port}/ws", proxy=None):
            return True
        return False

    assert until(listens)
    process.send_signal(number)
    return process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_as_it_would_without_us(number: int, store: str) -> None:
    from hangup.lab.process import free_port

    statuses = []
    for ours in ([], [sys.executable, "-m", "hangup", "record", "--store", store, "--"]):
        port = free_port()
        server = ["-m", "uvicorn", "recorded_app:echo", "--port", str(port)]
        process = subprocess.Popen(
            [*ours, sys.executable, *server],
            env={**os.environ, "PYTHONPATH": path_of_tests()},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            statuses.append(ended_by(process, number, port))
        finally:
            process.kill()
            process.wait()
    assert statuses[0] == statuses[1]


def test_the_sitecustomize_of_the_environment_still_runs(tmp_path: Path, store: str) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = True\n")
    path = os.pathsep.join([path_of_tests(), os.fspath(tmp_path)])
    done = run_record(
        "--store", store, "--", sys.executable, "-c", "print(customized)", PYTHONPATH=path
    )

    assert done.stdout == "True\n"


def test_nothing_heavy_is_imported_where_no_server_is(store: str) -> None:
    heavy = "print([n for n in ('msgspec', 'sqlite3', 'click', 'uvicorn') if n in sys.modules])"
    done = run_record("--store", store, "--", sys.executable, "-c", f"import sys; {heavy}")

    assert done.stdout == "[]\n"


def test_a_server_runs_bare_when_the_recorder_cannot_be_made(record: Record) -> None:
    process = record("uvicorn", "echo", RECORDER="broken")

    assert call(process, "x") == "x"
    assert "nothing is recorded" in process.output()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "COMMAND: it is missing"),
        (("--", "no-such-server"), "COMMAND: there is no program 'no-such-server'"),
        (("--store", "", "--", "true"), "--store: it is empty"),
        (("--store", "/no/such/folder/x.db", "--", "true"), "cannot be written"),
        (("--store", __file__, "--", "true"), "cannot be written"),
        (("--max-size", "1", "--", "true"), "--max-size: '1' is too small"),
        (("--max-size", "big", "--", "true"), "--max-size: 'big' is no size"),
        (("--max-age", "soon", "--", "true"), "--max-age: 'soon' is no duration"),
        (("--stroe", "x", "--", "true"), "--stroe"),
    ],
)
def test_wrong_usage_is_one_sentence(args: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hangup", "record", *args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
