"""masked"""

import os

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


def test_connection():
    status = 101
    try:
        connect(os.environ["HANGUP_URL"] + "/refuses").close()
    except InvalidStatus as exc:
        status = exc.response.status_code
    assert status in (101, 401, 403, 500)
