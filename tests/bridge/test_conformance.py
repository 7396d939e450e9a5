"""Every client does in every scenario of the protocol what its page says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from conforming import CLIENTS, SEE_NO_STATUS, Sightings
from scripted_bridge import event, scripted

SCENARIOS = json.loads((Path(__file__).parent / "conformance.json").read_text("utf-8"))
PLAYED = [
    pytest.param(client, scenario, id=f"{client}: {scenario['name']}")
    for client in CLIENTS
    for scenario in SCENARIOS
    if not (scenario.get("sees_status") and client in SEE_NO_STATUS)
]


@pytest.fixture(autouse=True)
def never_1011() -> None:
    """Let the scripted server do what a bridge never does."""


def seen(item: int | dict[str, Any]) -> dict[str, Any]:
    """Give what an application sees of an event that a scenario names by its number."""
    if not isinstance(item, int):
        return item
    own = event(item)
    data = {"text": own.pop("text")}
    return {**own, "data": data}


async def play(client: str, scenario: dict[str, Any]) -> tuple[Sightings, int | None]:
    sees = scenario["sees"]
    async with (
        scripted(scenario["connections"]) as (server, url),
        CLIENTS[client](url, scenario.get("client", {})) as sightings,
    ):
        async with asyncio.timeout(20):
            await server.done
        await sightings.until(len(sees))
    return sightings, server.left_with


@pytest.mark.parametrize(("client", "scenario"), PLAYED)
def test_a_client_conforms(client: str, scenario: dict[str, Any]) -> None:
    sightings, left_with = asyncio.run(play(client, scenario))
    expected = [seen(item) for item in scenario["sees"]]
    assert sightings.items == expected
    assert sightings.asked == scenario.get("asked", 1)
    if "place" in scenario:
        assert sightings.place == scenario["place"]
    if not any("gave_up" in item for item in expected):
        assert left_with == 1000
