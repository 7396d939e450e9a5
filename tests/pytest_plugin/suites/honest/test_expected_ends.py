import os

import pytest
from app import app
from starlette import status
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.frames import CloseCode
from websockets.sync.client import connect

URL = os.environ["HANGUP_URL"]


def test_a_code_is_asserted():
    with connect(URL + "/closes/1011") as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosedError) as caught:
            socket.recv()
    assert caught.value.rcvd.code == 1011


def test_it_is_read_from_the_connection():
    with connect(URL + "/closes/1011") as socket:
        socket.send("hello")
        try:
            socket.recv()
        except ConnectionClosed:
            pass
        assert (socket.close_code, socket.close_reason) == (1011, "as asked")


def test_a_constant_of_the_library():
    with connect(URL + "/closes/1009") as socket:
        socket.send("hello")
        try:
            socket.recv()
        except ConnectionClosed as exc:
            assert exc.rcvd.code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("code", [1002, 1003, 1008, 1011])
def test_parameters(code):
    with connect(URL + f"/closes/{code}") as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv()
    assert caught.value.rcvd.code == code


def expect_refusal(url, wanted):
    with pytest.raises(InvalidStatus) as caught:
        connect(url).close()
    assert caught.value.response.status_code == wanted


def test_a_status_by_a_helper():
    expect_refusal(URL + "/refuses", 403)


@pytest.mark.websocket(ends=403)
def test_a_status_by_the_marker():
    refused = False
    try:
        connect(URL + "/refuses").close()
    except InvalidStatus:
        refused = True
    assert refused


def test_a_drop_is_expected():
    with connect(URL + "/drops") as socket:
        socket.send("hello")
        with pytest.raises(ConnectionClosedError):
            socket.recv()


def test_the_test_client_is_refused():
    with pytest.raises(WebSocketDisconnect) as caught:
        with TestClient(app).websocket_connect("/refuses"):
            pass
    assert caught.value.code == status.WS_1008_POLICY_VIOLATION


def test_the_application_has_a_code_for_done():
    with connect(URL + "/closes/4000") as socket:
        socket.send("hello")
        try:
            socket.recv()
        except ConnectionClosed:
            pass


def test_a_normal_end():
    with connect(URL + "/ticks") as socket:
        assert list(socket) == ["0", "1", "2"]
