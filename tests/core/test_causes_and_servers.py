"""What causes say of endings does not drift from what servers were measured to do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hangup.causes import CAUSES
from hangup.expectations import BEHAVIOURS, Cell, Server, Table, shares

MEASURED = {
    "message.handler-exception": "crash-on-message",
    "message.message-too-big": "message-too-big",
    "session.close-before-accept": "close-before-accept",
    "session.exception-after-accept": "crash-after-accept",
    "session.exception-before-accept": "crash-before-accept",
    "session.handler-returned": "return-after-accept",
    "session.route-missing": "unknown-path",
}
"""Causes that are one behaviour of an application or a client, each with it."""


@pytest.mark.parametrize(("cause", "behaviour"), MEASURED.items())
def test_a_cause_gives_each_measured_ending_at_least_half_its_share(
    cause: str, behaviour: str
) -> None:
    (endings,) = (each.predicts["ending"] for each in CAUSES if each.id == cause)
    assert isinstance(endings, Mapping)
    measured = shares(behaviour)
    assert {k: s for k, s in measured.items() if endings.get(k, 0.0) < s / 2} == {}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_shares_of_a_behaviour_are_probabilities(behaviour: str) -> None:
    assert sum(shares(behaviour).values()) == pytest.approx(1)


def test_products_weigh_alike_however_many_of_their_versions_were_measured() -> None:
    servers = (
        Server(name="one", product="one", versions=()),
        Server(name="two, new", product="two", versions=()),
        Server(name="two, old", product="two", versions=()),
    )
    endings = {"one": "fin", "two, new": "rst", "two, old": "open"}
    cells = tuple(Cell(server=s, behaviour="sigkill", ending=e) for s, e in endings.items())
    assert shares("sigkill", Table(servers, cells)) == {"fin": 0.5, "open": 0.25, "rst": 0.25}
