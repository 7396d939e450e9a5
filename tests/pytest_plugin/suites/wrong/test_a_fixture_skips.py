"""not executed"""

import pytest


@pytest.fixture
def socket():
    pytest.skip("no server today")


@pytest.mark.websocket
def test_echo(socket):
    socket.send("hello")
