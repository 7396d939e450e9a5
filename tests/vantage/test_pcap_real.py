"""Captures of real clients, servers and proxies, and one that tcpdump made."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from overheard import only, read, relaying
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from wiretap import Tap

from hangup.ending import ending_of
from hangup.event import FrameReceived, FrameSent

PATIENCE = 10


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def closed_by(url: str, **options: Any) -> ConnectionClosed:
    """Say hello, and give what the server closes with."""
    with connect(url, open_timeout=PATIENCE, **options) as client:
        with contextlib.suppress(ConnectionClosed):
            client.send("hello")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(PATIENCE)
    return closed.value


def test_a_clients_own_close_is_told_as_its_own(start_server: Callable[..., str]) -> None:
    with (
        relaying(port_of(start_server("uvicorn"))) as relay,
        connect(f"ws://127.0.0.1:{relay.port}/ws", open_timeout=PATIENCE) as client,
    ):
        client.send("hello" * 1000)
        assert client.recv(PATIENCE) == "hello" * 1000
        client.close(1001, "moving on")
    told = only(read(relay.tap.pcap(nano=True)))
    assert told.by_client
    assert told.account.partition(": ")[2].startswith("close 1001 'moving on' by the client")
    assert ending_of(told.trace).works
    sent, came = told.trace.first(FrameSent), told.trace.first(FrameReceived)
    assert sent
    assert came
    assert (sent.size, came.size, came.compressed) == (5000, 5000, True)
    assert sent.data == came.data == b"hello" * 204 + b"hell"


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
def test_both_sides_of_a_proxy_are_one_websocket(
    proxy: str, start_server: Callable[..., str], start_proxy: Callable[..., str]
) -> None:
    tap = Tap()
    with relaying(port_of(start_server("uvicorn", "crash_on_message")), tap) as back:
        front_port = port_of(start_proxy(proxy, back.port))
        with relaying(front_port, tap) as front:
            url = f"ws://127.0.0.1:{front.port}/ws"
            closed_by(url)
    first, second = read(tap.pcap(nano=True)).told
    assert (first.hop, second.hop) == (1, 2)
    assert first.server.endswith(f":{front.port}")
    assert first.key == second.key != ""
    assert second.end <= first.end
    assert "by the server" in second.account


@pytest.fixture
def keyed(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A client's settings of TLS, and where it writes its secrets."""
    context, path = ssl.create_default_context(), tmp_path / "keys.log"
    context.keylog_filename = str(path)
    return context, path


def test_a_client_of_a_real_tls_proxy_is_read(
    start_server: Callable[..., str],
    start_proxy: Callable[..., str],
    keyed: tuple[ssl.SSLContext, Path],
    tmp_path: Path,
) -> None:
    context, path = keyed
    authority, chain = trustme.CA(), tmp_path / "chain.pem"
    authority.configure_trust(context)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(chain)
    server = start_server("uvicorn", "close_after_accept")
    proxy = start_proxy("stunnel", server, certificate=str(chain))
    with relaying(port_of(proxy)) as relay:
        url = f"wss://127.0.0.1:{relay.port}/ws?token=query-secret"
        closed = closed_by(url, ssl=context)
    told = only(read(relay.tap.pcap(), path.read_bytes().splitlines()))
    closure = ending_of(told.trace).closure
    assert closure
    assert closed.rcvd
    assert (closure.code, closure.reason) == (closed.rcvd.code, closed.rcvd.reason)
    assert "query-secret" not in repr(told)


@contextlib.contextmanager
def tcpdump(port: int, file: Path) -> Iterator[None]:
    """Capture what goes to and from a port of loopback, as root."""
    options = ["-i", "lo", "-n", "-U", "--immediate-mode", "-Z", "root"]
    command = ["tcpdump", *options, "-w", str(file), f"tcp port {port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            assert "listening on" in process.stderr.readline()
            yield
        finally:
            process.send_signal(signal.SIGINT)


MAY_CAPTURE = shutil.which("tcpdump") is not None and os.geteuid() == 0


@pytest.mark.skipif(not MAY_CAPTURE, reason="tcpdump captures as root")
def test_what_tcpdump_wrote_is_read(start_server: Callable[..., str], tmp_path: Path) -> None:
    url, file = start_server("uvicorn", "crash_on_message"), tmp_path / "a.pcap"
    with tcpdump(port_of(url), file):
        closed_by(url)
    told = only(read(file.read_bytes()))
    closure = ending_of(told.trace).closure
    assert closure
    assert (closure.closed_by, closure.messages_sent) == ("remote", 1)
    assert told.unread == ""


def test_what_hangup_explains_of_a_capture_can_be_judged_again(
    start_server: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hangup.__main__ import main

    with relaying(port_of(start_server("uvicorn", "crash_on_message"))) as relay:
        url = f"ws://127.0.0.1:{relay.port}/ws"
        closed_by(url)
    file, saved = tmp_path / "a.pcap", tmp_path / "a.ndjson"
    file.write_bytes(relay.tap.pcapng())
    status = main(["explain", str(file), "--json", "--save", str(saved)])
    explained = json.loads(capsys.readouterr().out)
    assert main(["judge", str(saved), "--json"]) == status
    judged = json.loads(capsys.readouterr().out)
    for name in ("verdict", "cause", "closure", "summary"):
        assert judged[name] == explained[name]
    assert explained["closure"]["closed_by"] == "remote"
