"""Exit statuses, what goes to which stream, and what must be in neither."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import TRACE, Campaign, Run

from hangup.errors import HangupError
from hangup.trace import dump_traces

TOKEN = "tok-s3cret/+=&"
HERE = Path(__file__).parent

SLOW = """
import asyncio, sys
from stand_in import Campaign, TRACE
from hangup.__main__ import main
from hangup.cli.session import Session

class Slow(Campaign):
    async def investigate(self, inquiry):
        async for step in super().investigate(inquiry):
            if type(step).__name__ == "Concluded" or COMPLETE == 0:
                print("waiting", file=sys.stderr, flush=True)
                await asyncio.sleep(30)
            yield step

COMPLETE = int(sys.argv[1])
sys.exit(main(sys.argv[2:], Slow().session))
"""


@pytest.mark.parametrize(("verdict", "status"), [("healthy", 0), ("fault", 1), ("inconclusive", 3)])
def test_the_exit_status_is_the_verdict(run: Run, verdict: str, status: int) -> None:
    assert run("ws://host/", campaign=Campaign(verdict)).status == status  # type: ignore[arg-type]


def test_the_report_is_on_stdout_and_progress_on_stderr(run: Run) -> None:
    outcome = run("ws://host/", campaign=Campaign("fault"))
    assert "session.masked-exception" in outcome.out
    assert "baseline: open" in outcome.err


def test_json_stands_alone_on_stdout(run: Run) -> None:
    outcome = run("ws://host/", "--json", campaign=Campaign("fault"))
    assert json.loads(outcome.out)["cause"] == "session.masked-exception"


def test_quiet_leaves_stderr_empty(run: Run, tmp_path: Path) -> None:
    outcome = run("ws://host/", "-q", "--report", str(tmp_path / "a.json"))
    assert outcome.err == ""
    assert outcome.out != ""


def test_reports_and_traces_are_written(run: Run, tmp_path: Path) -> None:
    names = ("a.html", "a.md", "a.json", "a.xml")
    reports = [arg for name in names for arg in ("--report", str(tmp_path / name))]
    outcome = run("ws://host/", *reports, "--save", str(tmp_path / "a.ndjson"))
    assert outcome.status == 0
    assert all((tmp_path / name).stat().st_size for name in names)
    assert (tmp_path / "a.ndjson").read_bytes() == dump_traces([TRACE])
    assert f"wrote {tmp_path / 'a.html'}" in outcome.err


def test_no_color_gives_plain_text_even_when_colour_is_forced(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run("ws://host/").out
    assert "\x1b" not in run("ws://host/", "--no-color").out


def test_version_is_one_line(run: Run) -> None:
    assert run("--version") == (0, "hangup 0.1.0\n", "")


def test_a_version_in_the_environment_changes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANGUP_VERSION", "0.1.0")
    assert run("ws://host/").status == 0


def test_help_names_every_option_of_the_contract(run: Run) -> None:
    text = run("diagnose", "--help").out
    options = (
        "--header --token --token-in --token-name --other-token --subprotocol --origin --send "
        "--expect --scenario --bypass --resolve --cacert --cert --key --insecure --proxy --idle "
        "--read-slowly --budget --max-connections --crowd --reproducer --json --report --no-color "
        "-4 -6 -k -q -v -H"
    )
    assert [option for option in options.split() if option not in text] == []


def test_no_arguments_show_the_help_as_a_mistake(run: Run) -> None:
    outcome = run()
    assert (outcome.status, outcome.out) == (2, "")
    assert "Usage: hangup" in outcome.err


FORMS = [
    ["--token", TOKEN],
    ["--token", TOKEN, "--token-in", "query"],
    ["-H", f"X-Api-Key: {TOKEN}"],
    ["-H", f"Authorization: Bearer {TOKEN}"],
    ["-H", f"Cookie: a={TOKEN}"],
    ["--token", "first-one", "--other-token", TOKEN],
    ["--proxy", "http://user:tok-s3cret%2f%2b%3d%26@gate"],
]


@pytest.mark.parametrize("options", FORMS)
def test_a_bug_gives_a_traceback_without_the_secret(run: Run, options: list[str]) -> None:
    try:
        raise ValueError(f"inner {TOKEN} dG9rLXMzY3JldC8rPSY=")
    except ValueError as inner:
        error = RuntimeError(f"it broke on {TOKEN!r} and tok-s3cret%2F%2B%3D%26")
        error.__cause__ = inner
    outcome = run("ws://host/", *options, campaign=Campaign(error=error))
    assert (outcome.status, outcome.out) == (70, "")
    assert "Traceback" in outcome.err
    assert "RuntimeError: it broke on" in outcome.err
    assert "please report it" in outcome.err.splitlines()[-1]
    assert "s3cret" not in outcome.err
    assert "dG9rLXMzY3JldC8rPSY" not in outcome.err


@pytest.mark.parametrize(
    "options",
    [
        ["--token", TOKEN],
        [f"--token={TOKEN}"],
        ["-H", f"Authorization: Bearer {TOKEN}"],
        [f"-HX-Api-Key:{TOKEN}"],
    ],
)
def test_a_bug_before_the_options_are_understood_shows_no_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"{options} {TOKEN}")

    monkeypatch.setattr("hangup.cli.diagnose.build_inquiry", broken)
    outcome = run("ws://host/", *options)
    assert outcome.status == 70
    assert "s3cret" not in outcome.err


@pytest.mark.parametrize(
    "args",
    [
        ["ws://user:tok-s3cret@ho st/"],
        ["ws://user:tok-s3cret@host:x/"],
        ["ws://user:tok/s3cret@host/"],
        ["ws://host/?token=s3cret#"],
        ["ws://host/", "-H", "Authorization Bearer s3cret"],
        ["ws://host/", "-H", "Authorization: s3cret\n"],
        ["ws://host/", "-H", "Authorization:", "Bearer", "s3cret"],
        ["ws://host/", "--token", "s3cret;", "--token-in", "cookie"],
        ["ws://host/", "--proxy", "http://user:s3cret@host:x"],
        ["ws://host/", "--tokn=s3cret"],
        ["host/ws?token=s3cret"],
        ["user:s3cret@host/ws"],
        ["s3cret"],
        ["demo", "wss://host/ws?token=s3cret"],
        ["demo", "wss://user:s3cret@host/ws"],
        ["judge", "wss://host/ws?token=s3cret"],
        ["explain", "wss://user:s3cret@host/ws"],
        ["judge", "wss://host/", "--report", "wss://host/?s3cret"],
        ["ws://host/", "--subprotocol", "s3cret", "--subprotocol", "s3cret"],
        ["ws://host/", "--token", "@s3cret"],
        ["ws://host/", "--token", "env:s3cret"],
        ["ws://host/", "--token", "abcd", "--other-token", "@s3cret"],
        ["ws://host/", "--token", "abcd", "--token-name", "=s3cret"],
        ["ws://host/", "--token", "abcd", "--token-in", "s3cret"],
        ["wss://host/", "--cert", __file__, "--key", "s3cret"],
    ],
)
def test_a_refusal_quotes_no_secret(run: Run, args: list[str]) -> None:
    outcome = run(*args)
    assert outcome.status == 2
    assert "s3cret" not in outcome.err


def test_control_characters_in_a_refusal_are_escaped(run: Run) -> None:
    outcome = run("ws://host/", "--report", "/no\x1b[31m\n/a.md")
    assert outcome.status == 2
    assert "\x1b" not in outcome.err
    assert outcome.err.count("\n") == 1


def test_an_error_of_ours_that_is_no_misuse_is_inconclusive(run: Run) -> None:
    outcome = run("ws://host/", campaign=Campaign(error=HangupError("no room\nleft")))
    assert (outcome.status, outcome.err.splitlines()[-2:]) == (
        3,
        ["hangup: no room", "hangup: left"],
    )


def _start(complete: int, *args: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(HERE)])}
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(complete), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.parametrize(("complete", "connections"), [(1, 1), (0, 0)])
def test_ctrl_c_prints_what_was_found_so_far(complete: int, connections: int) -> None:
    process = _start(complete, "ws://host/?token=abcdef", "--json", "-q")
    assert process.stderr
    assert process.stderr.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    document = json.loads(out)
    assert document["connections"] == connections
    assert document["notes"][-1].startswith("Interrupted")
    assert "abcdef" not in out


@pytest.mark.parametrize(("complete", "connections"), [(1, 1), (0, 0)])
def test_an_interrupted_run_says_so_first_and_last(complete: int, connections: int) -> None:
    process = _start(complete, "ws://host/", "--no-color", "-q")
    assert process.stderr
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    lines = [line for line in out.splitlines() if line]
    assert lines[2].startswith("Interrupted")
    assert lines[-1].startswith("Interrupted")


def test_a_run_that_was_not_interrupted_does_not_say_so(run: Run) -> None:
    assert "Interrupted" not in run("ws://host/").out
