"""What a watch tells Prometheus is how its endpoints stand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import msgspec
import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from scripted_looks import FAULT, TOKEN, Watching, endpoint, saying

from hangup.openmetrics import registry_of
from hangup.watching.hooks import Deliveries, HookFailedError, News
from hangup.watching.memory import DAY
from hangup.watching.metrics import collect

URL = endpoint().url
pytestmark = pytest.mark.asyncio
Samples = dict[tuple[str, ...], float]


class Refusing:
    """A hook that cannot be told."""

    name = 'a "hook"'

    async def tell(self, news: News) -> None:
        raise HookFailedError("no")


def page(watching: Watching, now: float | None = None) -> str:
    registry = registry_of(lambda: collect(watching.notes, watching.hooks, now=now))
    return str(generate_latest(registry), "utf-8")  # type: ignore[no-untyped-call]


def samples(watching: Watching, now: float | None = None) -> Samples:
    """Read the page as Prometheus does: each sample's name and values of labels, with its value."""
    families: Iterable[object] = text_string_to_metric_families(  # type: ignore[no-untyped-call]
        page(watching, now)
    )
    return {
        (each.name.removeprefix("hangup_watch_"), *each.labels.values()): each.value
        for family in families
        for each in family.samples  # type: ignore[attr-defined]
    }


async def test_a_fault_is_told_with_its_cause() -> None:
    watching = Watching(saying("healthy", "fault"), rounds=3)
    await watching.run()
    found = samples(watching)
    assert found["state", URL, "fault"] == 1.0
    assert found["state", URL, "healthy"] == 0.0
    assert found["fault", FAULT, "session", URL] == 1.0
    assert found["rounds_total", URL, "fault"] == 2.0
    assert found["rounds_total", URL, "healthy"] == 1.0
    assert found["changes_total", URL] == 2.0


async def test_a_fault_that_is_over_is_gone() -> None:
    watching = Watching(saying("fault", "healthy"), rounds=2, confirm=1)
    await watching.run()
    assert [key for key in samples(watching) if key[0] == "fault"] == []


async def test_it_is_told_how_old_the_last_round_is() -> None:
    watching = Watching(saying("healthy"), rounds=1)
    await watching.run()
    found = samples(watching, now=watching.notes.standings[URL].ended + 90.0)
    assert found["last_round_age_seconds", URL] == 90.0
    assert found["last_round_duration_seconds", URL] == 0.1


async def test_before_the_first_round_there_is_no_state_and_no_age() -> None:
    watching = Watching(saying("healthy", takes=60.0))
    watching.stop.set()
    await watching.run()
    names = {key[0] for key in samples(watching)}
    assert not names & {"state", "fault", "last_round_age_seconds", "certificate_days"}


async def test_hooks_and_history_that_fail_are_counted() -> None:
    watching = Watching(saying("fault"), rounds=2)
    watching.hooks = [Deliveries(Refusing(), lambda *_: None)]
    await watching.run()
    found = samples(watching)
    assert found["hook_failures_total", '1: a "hook"'] == 1.0
    assert found["hook_deliveries_total", '1: a "hook"'] == 0.0
    assert found["history_failures_total",] == 0.0


async def test_days_of_the_certificate_go_down_by_themselves() -> None:
    watching = Watching(saying("healthy"), rounds=1)
    await watching.run()
    notes = watching.notes
    ends = time.time() + 3 * DAY
    notes.standings[URL] = msgspec.structs.replace(notes.standings[URL], certificate_end=ends)
    assert samples(watching)["certificate_days", URL] == 3.0


async def test_no_secret_is_on_the_page() -> None:
    watching = Watching(saying("crash"), once=True)
    async with asyncio.timeout(10.0):
        await watching.run()
    assert TOKEN not in page(watching)
    assert 'verdict="unknown"} 1.0' in page(watching)
