"""What the documentation tells people to type runs, and what it shows is what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from doc_pages import PAGES, name_of
from examples import ELSEWHERE, NOT_RUN, Stage, examples_of, missing, why_not

EXAMPLES = {page: tuple(examples_of(page.read_text("utf-8"))) for page in PAGES}
CALLS = [call for found in EXAMPLES.values() for example in found for call in example.calls]
RUN_BEFORE: set[str] = set()
"""Calls that another page has run already: each is run once, where nothing is shown of it."""
OURS = (0, 1, 3)
"""Exit statuses that say something of the endpoint, and nothing of the call."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", [page for page, found in EXAMPLES.items() if found], ids=name_of)
def test_the_examples_of_a_page_run(
    page: Path,
    start_server: Callable[..., str],
    start_proxy: Callable[..., str],
    tmp_path: Path,
) -> None:
    direct = start_server("uvicorn")
    stage = Stage(tmp_path, start_proxy("nginx", direct), direct)
    shows_others = page.name in dict(ELSEWHERE)
    for example in EXAMPLES[page]:
        compared = bool(example.shown) and not shows_others
        printed = [_run(stage, call, again=compared) for call in example.calls if not why_not(call)]
        if compared and printed:
            gone = [each for shown in example.shown for each in missing(shown, "\n".join(printed))]
            assert gone == [], "\n".join(printed)


def _run(stage: Stage, call: str, *, again: bool) -> str:
    makes = re.search(r"--(save|report)|-o ", call)
    if call in RUN_BEFORE and not again and not makes:
        return ""
    RUN_BEFORE.add(call)
    done = stage.run(call)
    told = f"hangup {call}\n{done.stderr}{done.stdout}"
    assert done.returncode in OURS, told
    assert "Traceback" not in done.stderr, told
    return done.stderr + done.stdout


def test_every_reason_is_needed() -> None:
    reasons = {why_not(call) for call in CALLS}
    assert [why for _, why in NOT_RUN if why not in reasons] == []
    shown = {page.name for page, found in EXAMPLES.items() if any(e.shown for e in found)}
    assert [name for name, _ in ELSEWHERE if name not in shown] == []


def test_most_calls_are_run() -> None:
    run = [call for call in CALLS if not why_not(call)]
    assert len(run) / len(CALLS) > 0.6


def test_what_was_not_printed_is_missed() -> None:
    printed = "FAULT  x.y  92 % sure\nSeen: closed 1011\n  after 3 ms.\n"
    assert missing("FAULT  x.y  99 % sure\n\nSeen: closed 1000 after\n2 s.", printed) == []
    assert missing("FAULT  x.z", printed) == ["FAULT  x.z"]
