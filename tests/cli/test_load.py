"""`hangup load` on the command line: what it refuses, what it writes, and how it ends."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_in import Run

from hangup.lab.process import ServerProcess
from hangup.lab.servers import serve

SHORT = ("--send", "hi", "--expect", "hi", "-q", "--connections", "5", "--messages", "2")
QUICK = (*SHORT, "--every", "0")
SECRET = "a-token-nobody-may-see"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with serve("uvicorn") as started:
        yield started


@pytest.fixture
def url(server: ServerProcess) -> str:
    return f"ws://127.0.0.1:{server.port}/ws"


def test_a_load_that_holds_ends_with_0(run: Run, url: str) -> None:
    done = run("load", url, *QUICK)
    assert done.status == 0, done.err
    assert "5 of 5 connections held" in done.out


def test_the_document_holds_what_is_promised(run: Run, url: str) -> None:
    document = json.loads(run("load", url, *QUICK, "--json").out)
    assert document["schema"] == "hangup.load/1"
    assert {"planned", "opened", "failed", "peak"} <= set(document["connections"])
    assert document["messages"] == {"sent": 10, "received": 10, "lost": 0}
    assert {"p50", "p90", "p99", "max"} <= set(document["latency_ms"])
    keys = {"cause", "layer", "code", "closed_by", "count", "example"}
    assert all(keys <= set(each) for each in document["closures"])
    assert document["first_break"] is None
    assert document["cpu_s"] > 0
    assert document["peak_rss_mb"] > 0
    assert document["elapsed_s"] > 0


def test_what_breaks_ends_with_1(run: Run) -> None:
    done = run("load", "ws://127.0.0.1:1/ws", *QUICK)
    assert done.status == 1
    assert "refused" in done.out


@pytest.mark.parametrize(
    ("condition", "status"),
    [("p99>60s", 0), ("p50>=0ms", 1), ("closed.1011>0", 0), ("failed>0", 0), ("rate<1", 0)],
)
def test_conditions_decide(run: Run, url: str, condition: str, status: int) -> None:
    assert run("load", url, *QUICK, "--fail-if", condition).status == status


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--connections", "0"), "--connections"),
        (("--connections", "-5"), "--connections"),
        (("--rate", "nan"), "--rate"),
        (("--every", "-1"), "--every"),
        (("--hold", "inf"), "--hold"),
        (("--hold", "700"), "--max-time"),
        (("--patience", "0"), "--patience"),
        (("--source", "here"), "--source"),
        (("--pid", "999999999"), "--pid"),
        (("--fail-if", "p99>"), "p99>"),
        (("--stages", "/nowhere.yaml"), "nowhere"),
        (("--users", "/nowhere.csv"), "nowhere"),
        (("--users-once",), "--users"),
        (("--find-limit", "--ramp", "3"), "--find-limit"),
        (("--report", "load.pdf"), ".html"),
        (("--metrics", "99999999"), "--metrics"),
    ],
)
def test_bad_input_gets_one_sentence(
    run: Run, url: str, options: tuple[str, ...], says: str
) -> None:
    done = run("load", url, "-q", *options)
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert says in done.err


@pytest.mark.parametrize("host", ["example.com", "192.0.2.7", "[2001:db8::1]"])
def test_another_host_must_be_named_twice(run: Run, host: str) -> None:
    done = run("load", f"ws://{host}/ws", *QUICK)
    assert done.status == 2
    assert f"--allow {host.strip('[]')}" in done.err
    done = run("load", f"ws://{host}/ws", *QUICK, "--allow", "elsewhere.example")
    assert done.status == 2


def test_an_address_that_a_name_is_given_counts_and_not_the_name(run: Run, url: str) -> None:
    port = url.split(":")[2].split("/")[0]
    named = f"ws://chat.example.com:{port}/ws"
    to = f"chat.example.com:{port}:127.0.0.1"
    assert run("load", named, *QUICK, "--resolve", to).status == 0
    away = f"chat.example.com:{port}:192.0.2.1"
    assert run("load", named, *QUICK, "--resolve", away).status == 2


def test_reports_and_traces_are_written_and_hold_no_secret(
    run: Run, url: str, tmp_path: Path
) -> None:
    users = tmp_path / "users.csv"
    users.write_text(f"name,token\nann,{SECRET}-1\nbob,{SECRET}-2\n")
    files = [tmp_path / f"load{ending}" for ending in (".html", ".md", ".json", ".csv", ".xml")]
    reports = [part for file in files for part in ("--report", str(file))]
    saved = tmp_path / "load.ndjson"
    done = run(
        "load", f"{url}?token={{token}}", "-q", "--send", "I am {name} with {token}",
        "--expect", "{name}", "--users", str(users), "--connections", "4", "--messages", "2",
        "--every", "0", "--token", "{token}", *reports, "--save", str(saved),
    )  # fmt: skip
    assert done.status == 0, done.err + done.out
    written = [*files, saved, tmp_path / "load.closures.csv"]
    assert all(file.stat().st_size for file in written)
    told = done.out + done.err + "".join(file.read_text() for file in written)
    assert SECRET not in told


def test_stages_are_read_from_a_file(run: Run, url: str, tmp_path: Path) -> None:
    stages = tmp_path / "stages.yaml"
    stages.write_text("stages:\n  - {for: 0.2, rate: 20}\n  - at-once: 3\nmessages: 1\n")
    document = json.loads(run("load", url, "-q", "--json", "--stages", str(stages)).out)
    assert document["connections"]["planned"] == document["connections"]["opened"] == 7


def test_ctrl_c_closes_writes_the_report_and_ends_with_130(url: str, tmp_path: Path) -> None:
    report = tmp_path / "load.json"
    command = [sys.executable, "-m", "hangup", "load", url, "--send", "hi", "--expect", "hi"]
    options = ["--connections", "20", "--messages", "500", "--report", str(report)]
    ready = ["--metrics", "0"]
    with subprocess.Popen(
        [*command, *options, *ready], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        _until_open(process, process.stderr.readline().removeprefix("metrics: ").strip())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    document = json.loads(report.read_bytes())
    assert document["interrupted"] is True
    assert document["connections"]["opened"] == 20
    assert document["connections"]["broken"] == 0
    assert "Traceback" not in out + err


def _until_open(process: subprocess.Popen[str], metrics: str) -> None:
    """Wait until the page of metrics shows twenty open connections."""
    while process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(metrics) as page:
            if b'connections{state="open"} 20.0' in page.read():
                return


def test_descriptors_of_our_own_are_said_to_be_ours(url: str) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

    command = [sys.executable, "-m", "hangup", "load", url, "--send", "hi", "-q", "--json"]
    options = ["--connections", "100", "--messages", "1", "--hold", "1"]
    done = subprocess.run(
        [*command, *options], preexec_fn=few, capture_output=True, check=False, timeout=50
    )
    document = json.loads(done.stdout)
    ours = next(each for each in document["closures"] if not each["wanted"])
    assert ours["layer"] == "client"
    assert "this side" in ours["words"]
    assert document["connections"]["failed"] == ours["count"] > 0
    assert done.returncode == 1


def test_the_memory_of_a_named_process_is_shown(run: Run, server: ServerProcess, url: str) -> None:
    options = (*SHORT, "--every", "0.6", "--pid", str(server.pid))
    document = json.loads(run("load", url, *options, "--json").out)
    assert all(moment["server_mb"] > 1 for moment in document["moments"])
