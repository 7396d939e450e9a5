"""What the tests of the command line share: a run of the program, a peer that counts callers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from stand_in import Campaign, Outcome, Peer, Run

from hangup.__main__ import main


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HANGUP_") or name in ("FORCE_COLOR", "NO_COLOR"):
            monkeypatch.delenv(name)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the program in this process against a stand-in for the campaign."""

    def run_(*args: str, campaign: Campaign | None = None) -> Outcome:
        status = main(args, (campaign or Campaign()).session)
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run_


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.socket.close()
