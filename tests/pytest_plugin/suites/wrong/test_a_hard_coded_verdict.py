"""not executed"""

import pytest


@pytest.mark.websocket
def test_report():
    report = {"1011": "not found", "events": "working"}
    assert report["events"] == "working"
