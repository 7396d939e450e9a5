"""What health says of its faults; tests/worlds shows that each is found from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from chat_server import get, serving


@pytest.mark.parametrize("name", ["undefined-name", "crash-before-accept", "not-ready"])
def test_a_chat_that_lets_nobody_in_is_not_ready(name: str, tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", name) as server:
        status, told = get(f"http://127.0.0.1:{server.port}/health/ready")
    assert (status, told["parts"]["log"]) == (503, "ok")
    assert told["parts"]["socket"] != "ok"


def test_a_health_check_that_goes_past_the_fault_says_ready(tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", "health-lies") as server:
        status, told = get(f"http://127.0.0.1:{server.port}/health/ready")
    assert (status, told["status"]) == (200, "ready")
