"""However a run ends, its connections are closed, and its counts are kept or said to be missing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from counting_server import counting
from locust_runs import locust, master_and_workers


@pytest.mark.parametrize(
    ("form", "how"),
    [
        ("locustfile_sockets_long.py", signal.SIGINT),
        ("locustfile_sockets_long.py", signal.SIGTERM),
        ("locustfile_engine_long.py", signal.SIGINT),
    ],
)
def test_a_stopped_run_closes_and_counts(form: str, how: signal.Signals, tmp_path: Path) -> None:
    with counting() as server, locust(form, tmp_path, server.url, users=5) as run:
        assert server.wait_until(lambda s: s.messages >= 20)
        status = run.stop(how)
        assert server.wait_until(lambda s: s.over == 5)
    assert status == 0, run.output
    assert server.closes == {1001: 5}
    counted = run.document["messages"]
    assert counted["sent"] == server.messages
    assert counted["received"] == counted["sent"] - counted["cut"]
    assert counted["lost"] == 0


def test_a_worker_that_dies_is_said(tmp_path: Path) -> None:
    form = "locustfile_engine_long.py"
    with (
        counting() as server,
        master_and_workers(form, tmp_path, server.url, workers=2, users=4) as (master, workers),
    ):
        assert server.wait_until(lambda s: s.opened >= 4 and s.messages > 8)
        workers[0].process.kill()
        assert server.wait_until(lambda s: s.over >= 2)
        status = master.stop()
    assert status == 1
    assert not master.document["complete"]
    assert "INCOMPLETE: worker " in master.output
    assert master.document["connections"]["opened"] >= 2
