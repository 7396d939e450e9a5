"""Who sends without measure keeps neither the budget nor the memory of a diagnosis busy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from . import floods
from .conftest import StartPeer
from .program import TRIES, Run, hangup

BUDGET = 3
OVER = 5.0
"""Seconds beyond the budget that starting, judging and writing may take on a busy machine."""
PLAYS = (
    floods.hundred_thousand_headers,
    floods.endless_interim_answers,
    floods.dripping_head,
    floods.dripping_body,
    floods.redirecting_to_itself,
    floods.endless_pings,
    floods.endless_small_messages,
    floods.endless_fragments,
    floods.frame_of_all_bytes,
    floods.inflating_messages,
    floods.inflating_without_end,
    floods.closing_again_and_again,
)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)
def test_a_flood_is_told_within_the_budget(
    play: floods.Play, peer: StartPeer, tmp_path: Path
) -> None:
    url, saved = peer(play).url, tmp_path / "runs.ndjson"
    run = _soon(url, "--send", "hello", "--budget", str(BUDGET), "--json", "--save", str(saved))
    assert run.status in (1, 3), run.stderr
    assert run.elapsed < BUDGET + OVER
    assert run.peak_mb < 250
    assert run.document["verdict"] != "healthy"
    assert saved.stat().st_size < 3_000_000
    assert b"\x1b" not in run.stdout + run.stderr
    for line in saved.read_bytes().splitlines():
        json.loads(line)


def _soon(*args: str) -> Run:
    """Run it, again when the machine was too busy for the bar."""
    for _ in range(TRIES):
        run = hangup(*args)
        if run.elapsed < BUDGET + OVER:
            break
    return run
