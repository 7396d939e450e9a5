import os
import sys
import time

import pytest
from websockets.sync.client import connect

URL = os.environ["HANGUP_URL"]


def test_polls_until_it_holds():
    with connect(URL + "/echo") as socket:
        for number in range(5):
            socket.send(str(number))
            try:
                assert int(socket.recv()) >= 2
                break
            except AssertionError:
                continue


def test_polls_with_a_sleep():
    with connect(URL + "/echo") as socket:
        for number in range(5):
            socket.send(str(number))
            try:
                assert int(socket.recv()) >= 2
                break
            except Exception:
                time.sleep(0.01)


def test_an_assertion_must_fail():
    with connect(URL + "/echo") as socket, pytest.raises(AssertionError):
        socket.send("hello")
        assert socket.recv() == "another"


@pytest.mark.websocket
@pytest.mark.skipif(sys.platform == "linux", reason="another system's")
def test_is_skipped_by_declaration():
    raise AssertionError


@pytest.mark.websocket
@pytest.mark.xfail(reason="it does not greet", raises=AssertionError)
def test_a_known_issue():
    with connect(URL + "/echo") as socket:
        socket.send("hello")
        assert socket.recv() == "welcome"


@pytest.mark.websocket(required=False)
def test_may_be_skipped():
    pytest.skip("nothing to see")


def test_without_sockets():
    assert 1 + 1 == 2
    with pytest.raises(ZeroDivisionError):
        _ = 1 / 0
