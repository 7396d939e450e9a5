"""`hangup watch` on the command line: options, outputs, exit statuses, and no secret in any."""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stand_in import Campaign, Run

from hangup.watching.hooks import Deliveries

URL = "ws://127.0.0.1:9/ws"
TOKEN = "tok-s3cret-/+="
HERE = Path(__file__).parent
FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}

SLOW = """
import asyncio, sys
from stand_in import Campaign
from hangup.__main__ import main
from hangup.cli.session import Session

class Slow(Campaign):
    rounds = 0
    async def investigate(self, inquiry):
        self.rounds += 1
        if self.rounds > int(sys.argv[1]):
            print("waiting", file=sys.stderr, flush=True)
            await asyncio.sleep(30)
        async for step in super().investigate(inquiry):
            yield step

sys.exit(main(sys.argv[2:], Slow().session))
"""
FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (45_000, 45_000))
"""
"""Files cannot become larger, as on a disk that is full."""


@pytest.fixture
def history(tmp_path: Path) -> str:
    return str(tmp_path / "watch.sqlite")


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("verdict", STATUS)
def test_once_ends_with_the_verdict(run: Run, history: str, verdict: str) -> None:
    options = ("--once", "--every", "0.05", "--history", history)
    outcome = run("watch", URL, *options, campaign=Campaign(verdict))  # type: ignore[arg-type]
    assert outcome.status == STATUS[verdict]
    assert f" {verdict}" in outcome.out.lower()


def test_a_bug_of_ours_is_unknown_and_ends_with_70(run: Run, history: str) -> None:
    campaign = Campaign(error=RuntimeError(f"we met {TOKEN}"))
    options = ("--once", "--every", "0.05", "--history", history, "--token", TOKEN)
    outcome = run("watch", URL, *options, campaign=campaign)
    assert outcome.status == 70
    assert "unknown (in 2 looks in a row" in outcome.out
    assert TOKEN not in outcome.out + outcome.err


def test_json_is_one_document_a_line(run: Run, history: str) -> None:
    options = ("--once", "--every", "0.05", "--history", history, "--json")
    found = documents(run("watch", URL, *options, campaign=Campaign("fault")).out)
    assert [each["event"] for each in found] == ["round", "round", "changed"]
    assert {each["schema"] for each in found} == {"hangup.watch/1"}
    assert all(each["hangup"] for each in found)
    assert found[0]["cause"] == found[2]["after"]["cause"] == "session.masked-exception"
    assert (found[2]["before"], found[2]["confirmed_by"]) == (None, 2)


def test_quiet_leaves_rounds_and_remarks_out(run: Run, history: str) -> None:
    outcome = run("watch", URL, "--once", "--history", history, "--json", "-q")
    assert [each["event"] for each in documents(outcome.out)] == ["changed"]
    assert outcome.err == ""


def test_nothing_is_told_twice_after_a_restart(run: Run, history: str) -> None:
    options = ("--once", "--every", "0.05", "--history", history, "-q")
    fault = Campaign("fault")
    assert run("watch", URL, *options, campaign=fault).out != ""
    assert run("watch", URL, *options, campaign=fault).out == ""


def test_a_change_while_nobody_watched_is_told(run: Run, history: str) -> None:
    options = ("--once", "--every", "0.05", "--history", history, "-q", "--json")
    run("watch", URL, *options, campaign=Campaign("fault"))
    (change,) = documents(run("watch", URL, *options, campaign=Campaign("healthy")).out)
    assert change["before"]["cause"] == "session.masked-exception"
    assert change["after"]["verdict"] == "healthy"
    assert change["lasted_s"] > 0


def test_looks_of_two_runs_confirm_each_other(run: Run, history: str) -> None:
    options = ("--rounds", "1", "--history", history, "-q")
    fault = Campaign("fault")
    assert run("watch", URL, *options, campaign=fault).out == ""
    assert "(in 2 looks in a row" in run("watch", URL, *options, campaign=fault).out


def test_the_history_is_shown(run: Run, history: str) -> None:
    run("watch", URL, "--once", "--history", history)
    shown = run("watch", "--show", "--history", history)
    assert shown.status == 0
    assert shown.out.startswith(f"{URL}\n  now healthy since ")
    (document,) = documents(run("watch", URL, "--show", "--history", history, "--json").out)
    assert (document["event"], document["state"]["verdict"]) == ("history", "healthy")
    assert document["rounds"][0]["diagnosis"]["schema"] == "hangup.diagnosis/1"
    assert len(document["changes"]) == 1


def test_a_url_with_a_credential_is_shown_by_itself(run: Run, history: str) -> None:
    url = f"{URL}?token=sesame-open-1&room=7"
    run("watch", url, "--once", "--history", history)
    shown = run("watch", url, "--show", "--history", history)
    assert shown.out.startswith("ws://127.0.0.1:9/ws?token=[redacted]&room=7\n")


def test_nothing_of_another_url_is_shown(run: Run, history: str) -> None:
    run("watch", URL, "--once", "--history", history)
    outcome = run("watch", "ws://other/ws", "--show", "--history", history)
    assert outcome.status == 2
    assert "nothing is kept of ws://other/ws" in outcome.err


def test_no_secret_is_in_any_output(
    run: Run, history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = functools.partial(Deliveries, backoff=())
    monkeypatch.setattr("hangup.cli.watching.Deliveries", once)
    secrets = ("sesame-query-1", "sesame-token-2", "sesame-hook-3", "sesame-head-4")
    outcome = run(
        "watch",
        f"{URL}?access_token={secrets[0]}",
        *("--token", secrets[1], "-H", f"X-Api-Key: {secrets[3]}", "--confirm", "1"),
        *("--webhook", f"http://127.0.0.1:1/{secrets[2]}?key={secrets[2]}"),
        *("--command", f"cat > {tmp_path}/news; env >> {tmp_path}/news"),
        *("--once", "--json", "--history", history, "-v"),
        campaign=Campaign("fault"),
    )
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    shown = run("watch", "--show", "--json", "--history", history).out
    assert outcome.status == 1
    assert (tmp_path / "news").stat().st_size > 100
    assert "http://127.0.0.1:1: " in outcome.err
    everything = outcome.out + outcome.err + shown + kept.decode("latin-1")
    assert [secret for secret in secrets if secret in everything] == []


def test_a_hook_that_fails_is_an_event(run: Run, history: str) -> None:
    options = ("--once", "--every", "0.05", "--history", history, "--json", "--command", "exit 7")
    found = documents(run("watch", URL, *options, campaign=Campaign("fault")).out)
    assert found[-1]["event"] == "hook-failed"
    assert (found[-1]["where"], found[-1]["why"]) == ("command 'exit'", "it ended with status 7")


def test_why_a_hook_failed_is_told_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    from hangup.cli.watching import Told

    told = Told([TOKEN], as_json=True, quiet=False, rounds=True)
    told.hook_failed("a hook", f"it said {TOKEN}")
    out, err = capsys.readouterr()
    assert json.loads(out)["why"] == "it said [redacted]"
    assert err == "hangup: a hook: it said [redacted]\n"


def test_a_history_that_goes_bad_ends_no_watch(run: Run, history: str) -> None:
    spoil = f"echo this is no database > {history}"
    options = ("--rounds", "12", "--every", "0.05", "--confirm", "1", "--history", history)
    outcome = run("watch", URL, *options, "--command", spoil, "-v", campaign=Campaign("fault"))
    assert outcome.out.count(" round: ") == 12
    assert outcome.err.count("cannot be written: file is not a database") == 1
    assert outcome.status == 1


def test_a_full_disk_is_told_once_and_ends_no_watch(history: str) -> None:
    asked = ("--rounds", "60", "--every", "0.05", "--history", history)
    watching = started(FULL + SLOW, "99", *asked)
    out, err = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert out.count(" round: ") == 60
    assert err.count("cannot be written: ") == 1


def started(script: str, rounds: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, rounds, "watch", URL, "-v", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{os.environ.get('PYTHONPATH', '')}"},
    )


@pytest.mark.parametrize(
    ("number", "more", "status"),
    [(signal.SIGINT, (), 0), (signal.SIGTERM, (), 0), (signal.SIGINT, ("--rounds", "9"), 130)],
)
def test_a_signal_ends_it_and_what_is_under_way_is_no_verdict(
    number: signal.Signals, more: tuple[str, ...], status: int, history: str
) -> None:
    watching = started(SLOW, "1", "--every", "0.05", "--history", history, *more)
    assert watching.stderr
    while "waiting" not in watching.stderr.readline():
        assert watching.poll() is None
    watching.send_signal(number)
    out, _ = watching.communicate(timeout=10)
    assert watching.returncode == status
    assert out.count(" round: ") == 1
    with sqlite3.connect(history) as database:
        assert database.execute("SELECT count(*) FROM look").fetchone() == (1,)
    database.close()


def test_nobody_watches_what_another_process_watches(run: Run, history: str) -> None:
    watching = started(SLOW, "0", "--history", history)
    assert watching.stderr
    while "waiting" not in watching.stderr.readline():
        assert watching.poll() is None
    second = run("watch", URL, "--once", "--history", history)
    other = run("watch", "ws://127.0.0.1:9/other", "--once", "--history", history)
    watching.kill()
    watching.communicate()
    third = run("watch", URL, "--once", "--history", history)
    assert (second.status, second.out) == (2, "")
    assert f"hangup: {URL} is watched already, by another process" in second.err
    assert (other.status, third.status) == (0, 0)


def test_a_reader_that_leaves_ends_it(history: str) -> None:
    watching = started(SLOW, "99", "--every", "0.05", "--history", history)
    assert watching.stdout
    watching.stdout.readline()
    watching.stdout.close()
    assert watching.wait(timeout=10) == 0
    assert watching.stderr
    assert "Traceback" not in watching.stderr.read()
    watching.stderr.close()


def test_metrics_are_served_while_it_runs(run: Run, history: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = f"{sys.executable} -c '{FETCH}' http://127.0.0.1:{port}/metrics > {tmp_path}/page"
    options = ("--once", "--every", "0.05", "--history", history, "--metrics", str(port))
    outcome = run("watch", URL, *options, "--command", line, campaign=Campaign("fault"))
    page = (tmp_path / "page").read_text()
    assert f"metrics are at http://127.0.0.1:{port}/metrics" in outcome.err
    assert f'hangup_watch_state{{url="{URL}",verdict="fault"}} 1.0' in page
    assert f'hangup_watch_rounds_total{{url="{URL}",verdict="fault"}} 2.0' in page


STUCK = """
import hangup.cli.watching, stand_in, time
hangup.cli.watching.STALLED = 0.5
stand_in.diagnosis = lambda *_: time.sleep(30)
"""
"""Our own event loop stands still within the first look."""


def test_a_loop_that_stands_still_ends_it_as_a_bug(history: str) -> None:
    watching = started(STUCK + SLOW, "99", "--history", history)
    _, err = watching.communicate(timeout=20)
    assert watching.returncode == 70
    assert "our own event loop is stuck here" in err


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "URL: it is missing"),
        ((URL, "ws://127.0.0.1:9/ws"), "URL: one is given twice"),
        ((f"{URL}?token=sesame-1", f"{URL}?token=sesame-2"), "URL: one is given twice"),
        ((URL, "--every", "nan"), "--every: it must be from 0.05 to 10000000"),
        ((URL, "--every", "0"), "--every: it must be"),
        ((URL, "--every", "1e300"), "--every: it must be"),
        ((URL, "--jitter", "0.5"), "--jitter: it must be"),
        ((URL, "--jitter", "nan"), "--jitter: it must be"),
        ((URL, "--for", "-1"), "--for: it must be"),
        ((URL, "--rounds", "0"), "--rounds: it must be at least 1"),
        ((URL, "--confirm", "0"), "--confirm: it must be at least 1"),
        ((URL, "--once", "--rounds", "2"), "--once: it cannot be combined"),
        ((URL, "--hook-timeout", "inf"), "--hook-timeout: it must be"),
        ((URL, "--certificate-days", "-3"), "--certificate-days: it must be"),
        ((URL, "--webhook", "ftp://x/s3cret"), "--webhook: it must begin with http"),
        ((URL, "--webhook", "env:NOT_THERE"), "--webhook: the environment variable"),
        ((URL, "--command", " "), "--command: it is empty"),
        ((URL, "--metrics", "no"), "--metrics: 'no' is no [HOST:]PORT"),
        ((URL, "--max-size", "3"), "--max-size: '3' is too small"),
        ((URL, "--history", ""), "--history: it is empty"),
        ((URL, "--history", "/"), "--history: '/' is a directory"),
        ((URL, "--history", "/dev/null/x"), "the store '/dev/null/x' cannot be written"),
        ((URL, "-q", "-v"), "--quiet: it cannot be combined"),
        ((URL, "--budget", "0"), "--budget: it must be"),
        (("--show", "--history", "/not/there"), "no history is kept in '/not/there'"),
    ],
)
def test_wrong_usage_is_one_sentence(run: Run, args: tuple[str, ...], sentence: str) -> None:
    campaign = Campaign()
    outcome = run("watch", *args, campaign=campaign)
    assert (outcome.status, outcome.out, campaign.inquiries) == (2, "", [])
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1
    assert "s3cret" not in outcome.err


def test_a_store_of_runs_is_no_history(run: Run, history: str) -> None:
    from hangup.store.runs import keep

    keep(history, "plan", "env", 0.0, b"")
    outcome = run("watch", URL, "--once", "--history", history)
    assert outcome.status == 2
    assert "it is not a history of hangup watch" in outcome.err
