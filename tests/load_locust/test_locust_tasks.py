"""Tasks talk over a WebSocket, and Locust has the time of each reply under its name."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from counting_server import counting
from locust_runs import children_of, fetched, free_port, locust


def test_tasks_are_told_to_locust_by_name(tmp_path: Path) -> None:
    file = "locustfile_tasks.py"
    with counting() as server, locust(file, tmp_path, server.url, users=2) as run:
        assert server.wait_until(lambda s: s.over >= 6)
        status = run.stop()
        assert server.wait_until(lambda s: s.over == s.opened)
    rows = run.rows
    greeted = sum(count for text, count in server.texts.items() if text.startswith("hi from room-"))
    assert status == 1
    assert {"hi from room-1", "hi from room-2"} <= set(server.texts)
    assert rows["greeting"]["num_requests"] == greeted
    assert rows["greeting"]["num_failures"] == rows["second"]["num_failures"] == 0
    assert rows["greeting"]["min_response_time"] > 0
    never = rows["never"]
    assert never["num_failures"] == never["num_requests"] == run.document["connections"]["broken"]
    assert never["min_response_time"] >= 50
    assert run.document["messages"]["sent"] == server.messages


def test_a_host_that_refuses_is_a_failed_handshake(tmp_path: Path) -> None:
    with socket.socket() as held:  # bound, so that nobody else listens there
        held.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{held.getsockname()[1]}/"
        with locust("locustfile_tasks.py", tmp_path, url, "-t", "5s") as run:
            assert run.wait() == 1
    closures = [c for c in run.document["closures"] if not c["kind"]["wanted"]]
    (refused,) = closures
    assert refused["kind"]["kind"] == "tcp-refused"
    assert refused["count"] == run.rows["handshake"]["num_failures"] > 0


def test_what_is_declared_wrongly_is_one_sentence(tmp_path: Path) -> None:
    with locust("locustfile_wrong.py", tmp_path, "ws://127.0.0.1:9/") as run:
        assert run.wait() == 2
    assert "hangup: Chat: host: the scheme 'ftp' is not one of ws, wss" in run.output
    assert "Traceback" not in run.output


def test_an_engine_that_dies_is_said(tmp_path: Path) -> None:
    file = "locustfile_engine_long.py"
    with counting() as server, locust(file, tmp_path, server.url, users=3) as run:
        assert server.wait_until(lambda s: s.messages > 10)
        (engine,) = children_of(run.process.pid)
        os.kill(engine, signal.SIGKILL)
        assert server.wait_until(lambda s: s.over == 3)
        assert run.stop() == 1
    assert "INCOMPLETE: an engine has ended with status -9" in run.output
    assert not run.document["complete"]


def test_the_web_page_shows_how_they_ended(tmp_path: Path) -> None:
    file = "locustfile_sockets_long.py"
    port = str(free_port())
    web = ("--web-host", "127.0.0.1", "--web-port", port, "--autostart", "-u", "3", "-r", "3")
    with counting() as server, locust(file, tmp_path, server.url, *web, headless=False) as run:
        assert server.wait_until(lambda s: s.messages > 10)
        page = f"http://127.0.0.1:{port}/hangup"
        assert '"opened": 3' in fetched(f"{page}.json", '"opened": 3')
        assert "opened 3, not opened 0, broken 0" in fetched(page, "opened 3")
        assert fetched(f"{page}.csv", "").startswith("count,ending,wanted,code,reason")
        assert run.stop() == 0


def test_a_close_before_the_reply_is_awaited_is_told_by_its_code(tmp_path: Path) -> None:
    file = "locustfile_between.py"
    with counting(seventh=True) as server, locust(file, tmp_path, server.url) as run:
        assert run.wait() == 1
    assert server.texts == {"early": 6, "late": 1, "code 1011": 1}
    assert run.rows["late"]["num_failures"] == run.document["messages"]["lost"] == 1
    assert 0 < run.rows["late"]["max_response_time"] < 300
