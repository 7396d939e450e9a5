"""A JSON document keeps its fields and their types for as long as it keeps its number."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from doc_pages import ROOT
from json_contract import broken, current, promised

ADD = "PYTHONPATH=docs .venv/bin/python tests/docs/json_contract.py"
DIAGNOSIS, TRACE = "hangup.diagnosis/1", "hangup.trace/1"


def test_nothing_that_was_promised_is_broken() -> None:
    assert list(broken(promised(), current())) == []


def test_all_that_is_printed_is_promised() -> None:
    assert current() == promised(), f"add what is new: {ADD}"


def test_a_trace_is_promised_with_its_events() -> None:
    assert len(promised()[TRACE]) > 20
    assert "verdict" in promised()[DIAGNOSIS]["Diagnosis"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda now: now["Diagnosis"].pop("layer"), "Diagnosis.layer is gone"),
        (lambda now: now.pop("Evidence"), "Evidence.trace is gone"),
        (
            lambda now: now["Diagnosis"].update(verdict="text or null"),
            "Diagnosis.verdict was text and is text or null",
        ),
    ],
    ids=["a field", "a type", "another type"],
)
def test_what_breaks_a_reader_is_found(change: Any, told: str) -> None:
    now: dict[str, Any] = deepcopy(promised())
    change(now[DIAGNOSIS])
    assert f"{DIAGNOSIS}: {told}" in list(broken(promised(), now))


def test_adding_is_free_and_so_is_another_number() -> None:
    now: dict[str, Any] = deepcopy(promised())
    now[DIAGNOSIS]["Diagnosis"]["colour"] = "text"
    now["hangup.trace/2"] = {"Trace": {}}
    del now[TRACE]
    assert list(broken(promised(), now)) == []
    del now["hangup.trace/2"]
    assert list(broken(promised(), now)) == [f"{TRACE} is gone"]


def test_the_page_says_how_a_promise_is_added() -> None:
    assert ADD in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
