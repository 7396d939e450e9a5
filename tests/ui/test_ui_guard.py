"""Who may use the page: nobody without the token, and no page but our own."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from ui_pages import HOST, desk_of

from hangup.bridge.codes import CREDENTIAL
from hangup.ui.app import Page
from hangup.ui.desk import Places
from hangup.ui.guard import COOKIE, Door

OURS = {"origin": f"http://{HOST}"}
VIEWS = ("/runs", "/search", "/diagnose", "/style.css", "/assets/keys.js", "/runs/1", "/nothing")


@pytest.fixture(scope="module")
def door() -> Door:
    return Door(hosts=(HOST, "localhost:8383"))


@pytest.fixture
def stranger(door: Door, filled: Places) -> TestClient:
    return TestClient(Page(desk_of(filled), door).app, base_url=f"http://{HOST}")


@pytest.fixture
def owner(door: Door, filled: Places) -> TestClient:
    return TestClient(
        Page(desk_of(filled), door).app,
        base_url=f"http://{HOST}{door.base}",
        cookies={COOKIE: door.token},
    )


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_shown_without_the_token(stranger: TestClient, door: Door, view: str) -> None:
    answer = stranger.get(door.base + view)
    assert answer.status_code == 403
    assert "session.masked" not in answer.text


def test_nothing_is_outside_of_the_path(stranger: TestClient, door: Door) -> None:
    for path in ("/", "/runs", "/favicon.ico", door.base, f"{door.base}x/runs"):
        answer = stranger.get(path, headers={"cookie": f"{COOKIE}={door.token}"})
        assert answer.status_code == 403, path


@pytest.mark.parametrize("given", ["", "x", "%00", "%FF", "é"])
def test_a_wrong_token_lets_nobody_in(stranger: TestClient, door: Door, given: str) -> None:
    answer = stranger.get(f"{door.base}/?token={given}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    answer = stranger.get(f"{door.base}/runs", headers={"cookie": f"{COOKIE}={given}".encode()})
    assert answer.status_code == 403


def test_the_token_of_another_start_lets_nobody_in(stranger: TestClient, door: Door) -> None:
    other = Door(hosts=(HOST,))
    answer = stranger.get(f"{door.base}/runs", headers={"cookie": f"{COOKIE}={other.token}"})
    assert answer.status_code == 403


def test_the_printed_address_lets_in(stranger: TestClient, door: Door) -> None:
    answer = stranger.get(door.url)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 200
    assert door.token not in answer.text
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert f"path={door.base}" in cookie


def test_the_path_tells_nothing_of_the_token(door: Door) -> None:
    assert door.base.strip("/") not in door.token
    assert door.base != Door(hosts=(HOST,)).base


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8383", "127.0.0.1", "127.0.0.1:8384", "127.0.0.1:8383.evil", ""],
)
def test_another_name_for_this_machine_is_refused(owner: TestClient, host: str) -> None:
    """DNS rebinding: a page of the attacker's whose name comes to mean 127.0.0.1."""
    answer = owner.get("/runs", headers={"host": host})
    assert answer.status_code == 421
    assert "evil" not in answer.text


def test_localhost_is_a_name_for_this_machine(owner: TestClient) -> None:
    assert owner.get("/runs", headers={"host": "localhost:8383"}).status_code == 200


FOREIGN = [
    {},
    {"origin": "null"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": f"https://{HOST}"},
    {"origin": f"http://{HOST}.evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_page_changes_nothing(
    owner: TestClient, method: str, headers: dict[str, str]
) -> None:
    answer = owner.request(method, "/diagnose", headers=headers, content="url=ws://127.0.0.1:1/")
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_page_opens_no_websocket(
    owner: TestClient, door: Door, headers: dict[str, str]
) -> None:
    """Cross-site WebSocket hijacking: a browser sends our cookie with it, and its own Origin."""
    with (
        pytest.raises(WebSocketDisconnect),
        owner.websocket_connect(_socket(door), headers=headers),
    ):
        pass


def test_another_name_opens_no_websocket(owner: TestClient, door: Door) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        owner.websocket_connect(f"ws://evil.example{door.base}/live", headers=OURS),
    ):
        pass


def test_a_stranger_opens_no_websocket(stranger: TestClient, door: Door) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        stranger.websocket_connect(_socket(door), headers=OURS),
    ):
        pass


def test_a_websocket_needs_the_word_of_its_page(owner: TestClient, door: Door) -> None:
    """Whoever is let in hears of a diagnosis only with what its own page was given."""
    offered = ["hangup.v1", "jwt.other.page"]
    with owner.websocket_connect(_socket(door), headers=OURS, subprotocols=offered) as socket:
        closed = socket.receive()
    assert closed["type"] == "websocket.close"
    assert closed["code"] == CREDENTIAL


def _socket(door: Door) -> str:
    return f"ws://{HOST}{door.base}/live"


@pytest.mark.parametrize("view", ["/runs", "/runs/1", "/diagnose", "/nothing", "/style.css"])
def test_every_answer_is_bound_to_this_page(owner: TestClient, view: str) -> None:
    headers = owner.get(view).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_no_view_has_a_script_or_style_of_its_own(owner: TestClient) -> None:
    for view in ("/runs", "/runs/1", "/runs/1/t1", "/diagnose", "/search?q=internal"):
        text = owner.get(view).text
        assert "<style" not in text, view
        assert " style=" not in text, view
        assert all(" src=" in each for each in text.split("<script")[1:]), view
        assert " onclick" not in text, view
