"""Each proxy forwards, or leaves out what it was told to leave out."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

from hangup.lab import proxies, proxy
from hangup.lab.certificates import ca_file, key_file
from hangup.lab.errors import ProgramMissingError, UnsupportedRouteError
from hangup.lab.plain_proxy import forwarded_head
from hangup.lab.process import free_port

HTTP = [name for name, each in proxies.PROXIES.items() if "forward_upgrade" in each.options]
REAL = [name for name in HTTP if not proxies.PROXIES[name].bundled]
DOWN = {"nginx": 502, "haproxy": 503, "caddy": 502, "apache": 503}

Start = Callable[..., str]
Ending = Callable[..., str]


@pytest.mark.parametrize("name", REAL)
def test_forwards_a_websocket(start_server: Start, start_proxy: Start, name: str) -> None:
    with connect(start_proxy(name, start_server("uvicorn"))) as socket:
        socket.send("through")
        assert socket.recv() == "through"


@pytest.mark.parametrize("name", REAL)
def test_takes_a_prefix_off(start_server: Start, start_proxy: Start, name: str) -> None:
    url = start_proxy(name, start_server("uvicorn"), prefix="/app")
    with connect(f"{url.removesuffix('/ws')}/app/ws") as socket:
        socket.send("through")
        assert socket.recv() == "through"


@pytest.mark.parametrize("name", HTTP)
def test_leaves_the_upgrade_out(
    start_server: Start, start_proxy: Start, ending: Ending, name: str
) -> None:
    url = start_proxy(name, start_server("uvicorn"), forward_upgrade=False)
    assert ending(url) == "http 404"


@pytest.mark.parametrize("name", HTTP)
def test_forwards_a_plain_get(start_server: Start, start_proxy: Start, name: str) -> None:
    url = start_proxy(name, start_server("uvicorn"), forward_upgrade=False)
    with urlopen(url.replace("ws://", "http://").removesuffix("ws"), timeout=10) as response:
        assert response.read() == b"ok"


@pytest.mark.parametrize("name", ["nginx", "haproxy", "apache", "varnish"])
def test_ends_a_silent_connection(
    start_server: Start, start_proxy: Start, ending: Ending, name: str
) -> None:
    url = start_proxy(name, start_server("uvicorn", "silent"), read_timeout=0.2)
    assert ending(url) == "fin"


@pytest.mark.parametrize(
    ("name", "expected"), [("nginx", 502), ("haproxy", 503), ("caddy", 502), ("apache", 503)]
)
def test_says_that_the_backend_is_down(
    start_proxy: Start, ending: Ending, name: str, expected: int
) -> None:
    assert ending(start_proxy(name, free_port())) == f"http {expected}"


@pytest.mark.parametrize("name", ["nginx", "apache"])
def test_speaks_http_1_0_to_its_upstream(
    start_server: Start, start_proxy: Start, ending: Ending, name: str
) -> None:
    assert ending(start_proxy(name, start_server("websockets"), http10=True)) == "http 505"


def test_varnish_ends_an_upgrade_without_an_answer_when_the_backend_is_down(
    start_proxy: Start, ending: Ending
) -> None:
    assert ending(start_proxy("varnish", free_port())) == "fin"


def test_apache_forgets_the_upgrade_of_a_worker_that_it_shares(
    start_server: Start, start_proxy: Start, ending: Ending
) -> None:
    url = start_proxy("apache", start_server("websockets"), shared_worker=True)
    assert ending(url) == "http 426"


def test_stunnel_speaks_tls_before_a_plain_server(start_server: Start, start_proxy: Start) -> None:
    url = start_proxy("stunnel", start_server("uvicorn"), certificate=key_file())
    trusting = ssl.create_default_context(cafile=ca_file())
    with connect(url.replace("ws://", "wss://"), ssl=trusting) as socket:
        socket.send("through")
        assert socket.recv() == "through"


def test_stunnel_needs_a_certificate() -> None:
    with pytest.raises(UnsupportedRouteError, match="certificate"):
        proxies.front("stunnel", free_port())


@pytest.mark.parametrize("name", ["haproxy", "caddy", "varnish", "stunnel", "plain"])
def test_what_a_proxy_cannot_do_is_said(name: str) -> None:
    with pytest.raises(UnsupportedRouteError, match=name):
        proxies.front(name, free_port(), http10=True)


def test_an_unknown_proxy_is_named_with_the_known_ones() -> None:
    with pytest.raises(proxies.UnknownProxyError, match=r"squid.*nginx"):
        proxies.front("squid", free_port())


def test_a_missing_proxy_names_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "program", lambda name: None)
    with pytest.raises(ProgramMissingError, match="apt-get install nginx"):
        proxies.front("nginx", free_port())


def test_the_plain_proxy_drops_hop_by_hop_headers_and_those_named_by_connection() -> None:
    head = (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, X-Trace\r\nUpgrade: websocket\r\n"
        b"X-Trace: 1\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert forwarded_head(head) == (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Version: 13\r\n"
        b"via: 1.1 plain\r\nconnection: close\r\n\r\n"
    )
