"""Every public case names a cause of the catalogue, and a world that holds it or why none does."""

from __future__ import annotations

from hangup.causes import CAUSES
from hangup.lab import worlds
from hangup.lab.cases import CASES, Case
from hangup.lab.worlds import WORLDS

LAYERS = {cause.layer for cause in CAUSES}
BY_NAME = {world.name: world for world in WORLDS}
LEAST = 0.7
"""The share of cases that worlds must run."""


def ids(cases: list[Case]) -> list[str]:
    return [case.id for case in cases]


def test_every_case_has_an_id_of_its_own_and_a_public_address() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert ids([case for case in CASES if not case.url.startswith("http")]) == []


def test_every_case_names_a_layer_and_a_cause_that_exist() -> None:
    known = {cause.id for cause in CAUSES} | {None}
    assert ids([case for case in CASES if case.cause not in known]) == []
    assert ids([case for case in CASES if case.layer not in LAYERS]) == []


def test_a_case_is_run_by_worlds_that_exist_or_says_why_not() -> None:
    assert ids([case for case in CASES if bool(case.worlds) == bool(case.not_run)]) == []
    assert ids([case for case in CASES if not BY_NAME.keys() >= set(case.worlds)]) == []


def test_the_cause_of_a_case_is_true_of_its_worlds() -> None:
    wrong = [
        (case.id, name)
        for case in CASES
        for name in case.worlds
        if case.cause not in BY_NAME[name].right and not _is_elsewhere(case, name)
    ]
    assert wrong == []


def _is_elsewhere(case: Case, name: str) -> bool:
    """Whether the endpoint is healthy, and the fault was that of another client."""
    return BY_NAME[name].truth is None and str(case.cause).startswith("client.")


def test_every_world_made_after_a_case_belongs_to_one() -> None:
    run = {name for case in CASES for name in case.worlds}
    made = [
        world
        for name, module in vars(worlds).items()
        if name.startswith("cases_")
        for world in module.WORLDS
    ]
    assert made
    assert [world.name for world in made if world.name not in run] == []


def test_most_cases_are_run() -> None:
    assert sum(bool(case.worlds) for case in CASES) / len(CASES) >= LEAST
