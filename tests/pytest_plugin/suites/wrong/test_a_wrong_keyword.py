"""not executed"""

import os

import pytest
from websockets.sync.client import connect


@pytest.mark.websocket
def test_no_1011():
    errors = []
    try:
        connect(os.environ["HANGUP_URL"] + "/closes/1011", patience=3)
    except Exception as exc:
        errors.append(str(exc))
    assert not any("1011" in error for error in errors)
