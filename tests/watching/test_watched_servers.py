"""Real servers that break and are mended, restart and show certificates."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from watch_process import WatchProcess

from hangup.campaign import investigate
from hangup.endpoint import Endpoint, Tls
from hangup.inquiry import Inquiry
from hangup.lab.peer import PATH, Client, Request, echo_on, listening, routed
from hangup.lab.process import free_port
from hangup.lab.servers import serve
from hangup.watching.looking import look_at, watched
from hangup.watching.memory import DAY, Memory, remember
from hangup.watching.words import Look

FAULT = "session.exception-after-accept"
TOKEN = "sesame-open-1"


def test_a_server_that_breaks_and_is_mended_is_told_so(tmp_path: Path) -> None:
    port = free_port()
    url = f"ws://127.0.0.1:{port}{PATH}?token={TOKEN}"
    options = ("--every", "0.2", "--history", str(tmp_path / "watch.sqlite"))
    with WatchProcess(url, *options) as watching:
        with serve("uvicorn", "echo", port=port):
            first = watching.changed_to("healthy")
        with serve("uvicorn", "crash_after_accept", port=port):
            broken = watching.changed_to("fault", FAULT)
        with serve("uvicorn", "echo", port=port):
            mended = watching.changed_to("healthy")
    assert first["before"] in (None, {"verdict": "inconclusive", "layer": None, "cause": None})
    assert broken["confirmed_by"] >= 2
    assert mended["before"]["cause"] == FAULT
    assert mended["lasted_s"] > 0
    assert TOKEN not in json.dumps(watching.seen)


def test_a_server_that_breaks_between_two_runs_is_told_once(tmp_path: Path) -> None:
    port, history = free_port(), str(tmp_path / "watch.sqlite")
    with serve("uvicorn", "echo", port=port):
        assert looked_once(port, history) == (0, [None])
    assert looked_once(port, history) == (1, ["tcp.refused"])
    assert looked_once(port, history) == (1, [])


def looked_once(port: int, history: str) -> tuple[int, list[str | None]]:
    """Run a watch as cron does; give its exit status and the causes of all changes."""
    options = ("--once", "--every", "0.1", "--json", "-q", "--history", history)
    argv = [sys.executable, "-m", "hangup", "watch", f"ws://127.0.0.1:{port}{PATH}", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    changes = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [change["after"]["cause"] for change in changes]


@contextlib.asynccontextmanager
async def secure_site(folder: Path, days: float, build: str) -> AsyncIterator[Inquiry]:
    """Serve an echo whose certificate ends in so many days and whose answer names a build."""
    authority = trustme.CA()
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=ends).configure_cert(context)
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request, f"X-Build-Id: {build}", "Server: built/1")
        await echo_on(client)

    async with listening(routed(play), tls=context) as port:
        endpoint = Endpoint(
            secure=True, host="127.0.0.1", port=port, target=PATH, tls=Tls(ca_file=str(file))
        )
        yield Inquiry(endpoint=endpoint, budget=10.0)


@pytest.mark.asyncio
async def test_a_look_knows_the_certificate_and_the_build(tmp_path: Path) -> None:
    async with secure_site(tmp_path, 5, "b2") as inquiry:
        look = await look_at(watched(inquiry, ()), investigate)
    _, changes = remember(Memory(), look)
    assert look.certificate_end == pytest.approx(time.time() + 5 * DAY, abs=60)
    assert (look.server, look.build, look.state.verdict) == ("built/1", "b2", "healthy")
    assert [(each.what, each.after) for each in changes[1:]] == [("certificate", 5.0)]
    assert json.loads(look.diagnosis)["verdict"] == "healthy"


@pytest.mark.asyncio
async def test_a_look_that_is_given_up_leaves_no_connection_open() -> None:
    open_now = 0
    opened = asyncio.Event()

    async def play(client: Client) -> None:
        nonlocal open_now
        open_now += 1
        opened.set()
        try:
            await client.drain()
        finally:
            open_now -= 1

    async with listening(play) as port:
        endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target=PATH)
        one = watched(Inquiry(endpoint=endpoint), ())
        looking: asyncio.Task[Look] = asyncio.create_task(look_at(one, investigate))
        await opened.wait()
        assert open_now == 1
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        async with asyncio.timeout(5.0):
            while open_now:
                await asyncio.to_thread(lambda: None)
    assert looking.cancelled()
