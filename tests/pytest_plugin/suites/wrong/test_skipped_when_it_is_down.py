"""not executed"""

import pytest
from websockets.sync.client import connect


@pytest.mark.websocket
def test_echo():
    try:
        connect("ws://127.0.0.1:1/")
    except OSError:
        pytest.skip("the infrastructure is degraded")
