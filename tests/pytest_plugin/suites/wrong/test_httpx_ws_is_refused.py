"""masked"""

import os

import httpx_ws


def test_connection():
    try:
        with httpx_ws.connect_ws(os.environ["HANGUP_URL"] + "/refuses"):
            connected = True
    except httpx_ws.HTTPXWSException:
        connected = False
    assert connected in (True, False)
