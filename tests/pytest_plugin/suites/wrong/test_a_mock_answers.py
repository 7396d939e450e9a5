"""not executed"""

from unittest.mock import MagicMock

import pytest


@pytest.mark.websocket
def test_echo():
    socket = MagicMock()
    socket.recv.return_value = "hello"
    socket.send("hello")
    assert socket.recv() == "hello"
