"""not executed"""

import time

import pytest


@pytest.mark.websocket
def test_is_real():
    began = time.monotonic()
    time.sleep(0.11)
    assert time.monotonic() - began > 0.1
