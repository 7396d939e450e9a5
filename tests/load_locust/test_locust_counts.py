"""A master and three workers count what a real server counts, to the last message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from counting_server import CountingServer, counting
from locust_runs import Run, master_and_workers

USERS = 30
FORMS = ("locustfile_sockets.py", "locustfile_engine.py")


class Ran(NamedTuple):
    master: Run
    server: CountingServer
    status: int


@pytest.fixture(scope="module", params=FORMS)
def broken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ran]:
    """Thirty users of a server that closes with 1011 on every seventh message."""
    folder: Path = tmp_path_factory.mktemp("broken")
    with (
        counting(seventh=True) as server,
        master_and_workers(request.param, folder, server.url, workers=3, users=USERS) as (
            master,
            _,
        ),
    ):
        server.wait_until(lambda s: s.over == USERS)
        yield Ran(master, server, master.stop())


def test_messages_are_those_that_the_server_has_counted(broken: Ran) -> None:
    counted = broken.master.document["messages"]
    assert counted["sent"] == broken.server.messages == USERS * 7
    assert counted["received"] == USERS * 6
    assert counted["lost"] == USERS


def test_each_closure_is_counted_with_its_account(broken: Ran) -> None:
    (closures,) = broken.master.document["closures"]
    assert closures["count"] == USERS
    assert closures["kind"]["code"] == 1011
    assert closures["kind"]["reason"] == "boom"
    assert closures["kind"]["closed_by"] == "remote"
    assert closures["kind"]["cause"] == "session.masked-exception"
    assert closures["after"] == {"message:7": USERS}


def test_the_rows_of_locust_have_the_same_counts(broken: Ran) -> None:
    rows = broken.master.rows
    counts = {name: (row["num_requests"], row["num_failures"]) for name, row in rows.items()}
    assert counts == {
        "handshake": (USERS, 0),
        "message": (USERS * 7, USERS),
        "closure": (USERS, USERS),
    }
    assert rows["message"]["total_response_time"] > 0


def test_failures_give_the_exit_status_of_locust(broken: Ran) -> None:
    assert broken.status == 1


def test_users_have_numbers_of_their_own_over_all_workers(broken: Ran) -> None:
    assert set(broken.server.texts) == {f"hi {n}" for n in range(1, USERS + 1)}
    assert broken.server.tokens == {f"Bearer tok-{n:03d}": 1 for n in range(1, USERS + 1)}


def test_the_summary_says_how_they_ended(broken: Ran) -> None:
    assert "closed 1011 'boom'" in broken.master.output
    assert "session.masked-exception" in broken.master.output
    assert "INCOMPLETE" not in broken.master.output
