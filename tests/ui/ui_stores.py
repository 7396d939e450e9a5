"""Stores as they are after some days of use, written by what writes them for users."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import loads_told
import msgspec
import report_examples as told
from msgspec.structs import replace
from seen_examples import caught, connection

from hangup.ending import ending_of
from hangup.incident import CloseTried, Seen
from hangup.load.kept import keep_load
from hangup.plan.kept_run import KeptCheck, KeptPhase, KeptRun
from hangup.plan.symptom import symptom_of
from hangup.plan.told import SCHEMA
from hangup.report.document import diagnosis_json
from hangup.store import runs
from hangup.store.cleaned import cleaned
from hangup.store.diagnoses import keep_diagnosis
from hangup.store.kept import Store
from hangup.store.watches import USUAL
from hangup.ui.desk import Places
from hangup.watching.kept import keep
from hangup.watching.memory import DAY, Memory, remember
from hangup.watching.words import Look, State

HOUR = 3600.0
EVIL = told.EVIL.encode("utf-8", "replace").decode()
EVIL_CAUGHT = cleaned(
    caught(
        kind="illegal-close",
        exception="",
        message="",
        frame=f"app/{EVIL}.py:7 in {EVIL}",
        chain=(EVIL, EVIL),
        detail=EVIL,
        path=f"/{EVIL}",
        connection="evil",
        build=EVIL,
        close=CloseTried(code=1006, reason=EVIL, legal=False),
    )
)
INCIDENT, EVIL_INCIDENT = caught().id, EVIL_CAUGHT.id
PLAN, ENVIRONMENT = "chat.yaml", "staging"
WATCHED = "wss://chat.example.com/ws"
MASKED = State("fault", "session", "session.masked-exception")


def places_in(folder: Path) -> Places:
    """Name the files of a folder, whether they are there or not."""
    return Places(
        archive=str(folder / "archive.sqlite"),
        runs=str(folder / "runs.sqlite"),
        history=str(folder / "watch.sqlite"),
        recorders=(str(folder / "one.sqlite"), str(folder / "two.sqlite")),
    )


def fill(folder: Path) -> Places:
    """Fill a folder with some of everything, and with what a hostile peer would have said."""
    places, now = places_in(folder), time.time()
    _diagnoses(places.archive)
    for report in (loads_told.healthy(), loads_told.broke(), loads_told.hostile()):
        keep_load(places.archive, report, (replace(told.incident_trace(), id="t3"),))
    record(places.recorders[0], _seen(now))
    record(places.recorders[1], _seen_elsewhere(now))
    for run in _runs(now):
        body = msgspec.json.encode(run)
        runs.keep(places.runs, run.plan, run.environment or "", run.began, body)
    _watch(places.history, now)
    return places


def _diagnoses(path: str) -> None:
    met = told.incident_diagnosis()
    assert met.incident
    with_id = replace(met, incident=replace(met.incident, id=INCIDENT))
    keep_diagnosis(path, with_id, (told.incident_trace(), told.plain_trace()))
    keep_diagnosis(path, told.diagnosis(told.healthy_trace(), None), (told.healthy_trace(),))
    evil, trace = told.evil_diagnosis()
    keep_diagnosis(path, evil, (trace,))


def record(path: str, seen: Iterable[Seen]) -> None:
    """Write what a recorder saw into its store."""
    with closing(Store(path)) as store:
        for each in seen:
            store.put(each)


def _seen(now: float) -> Iterator[Seen]:
    for number in range(40):
        at, name = now - 30 * HOUR + number * HOUR * 0.7, f"c{number}"
        build = "2.3.1" if number < 25 else "2.4.0"
        yield connection(at=at, connection=name, build=build)
        yield caught(at=at + 0.012, connection=name, build=build)
    yield replace(EVIL_CAUGHT, at=now - HOUR)


def _seen_elsewhere(now: float) -> Iterator[Seen]:
    for number in range(5):
        yield caught(at=now - 60.0 * number, connection=f"d{number}", build="2.4.0", hangup_id="")
    yield caught(
        at=now - 5 * HOUR,
        kind="stall",
        exception="",
        message="",
        chain=(),
        close=None,
        phase="message",
        frame="app/chat.py:88 in answer",
        detail="the event loop stood still for 2.4 s",
        connection="d9",
    )


def _runs(now: float) -> Iterator[KeptRun]:
    for number in range(23):
        began = now - (23 - number) * 6 * HOUR
        yield run_of_plan(number, began)
    yield run_of_plan(22, now - HOUR, environment=None)


def run_of_plan(
    number: int, began: float, plan: str = PLAN, environment: str | None = ENVIRONMENT
) -> KeptRun:
    """Give a run of a plan, which is broken from the 15th on."""
    build = "2.3.1" if number < 15 else "2.4.0"
    broken = symptom_of(ending_of(told.incident_trace()))
    refused = symptom_of(ending_of(told.refused_trace()))
    talks = KeptCheck(name="a token opens it", outcome="passed", build=build)
    if number >= 15:
        symptom = broken if number < 20 else refused
        says = f"it should stay open, and {symptom.words}"
        talks = replace(talks, outcome="failed", says=says, where="step 2", symptom=symptom)
    odd = ("passed", "hung", "known-issue", "void", "masked", "not-executed", "passed")[number % 7]
    says = "" if odd == "passed" else f"what came was {told.EVIL!r}"
    checks = (
        talks,
        KeptCheck(name="no token is refused", outcome="passed", build=build),
        KeptCheck(name="a reply comes within five seconds", outcome=odd, says=says),
    )
    late = tuple(f"the stream of answer {each} ends with its last event" for each in range(1, 4))
    gate = KeptPhase(name="answers", run=False, why="the gate 'opens' is shut", would_tell=late)
    if number < 15:
        each = tuple(KeptCheck(name=name, outcome="passed", build=build) for name in late)
        gate = KeptPhase(name="answers", run=True, checks=each)
    return KeptRun(
        schema=SCHEMA,
        plan=plan,
        phases=(KeptPhase(name="opens", run=True, checks=checks), gate),
        digest="one" if number < 10 else "two",
        environment=environment,
        began=began,
        outcome="failed" if number >= 15 or odd not in ("passed", "known-issue") else "passed",
        hangup="0.1.0",
    )


def _watch(path: str, now: float) -> None:
    document = diagnosis_json(told.incident_diagnosis())
    healthy, unsure, crashed = State("healthy"), State("inconclusive"), State("unknown")
    course = [healthy] * 30 + [unsure] + [healthy] * 10 + [MASKED] * 6 + [crashed] + [healthy] * 5
    for url, states in ((WATCHED, course), ("ws://127.0.0.1:9/ws", [healthy, MASKED, MASKED])):
        memory = Memory()
        for number, state in enumerate(states):
            look = Look(
                url=url,
                at=now - (len(states) - number) * 300.0,
                state=state,
                confidence=0.97,
                summary="" if state == healthy else "The application raises behind 1011.",
                elapsed_s=0.4 + (number % 5) / 10,
                connections=9,
                server="nginx",
                build="2.3.1" if number < 20 else "2.4.0",
                certificate_end=now + 9 * DAY if url == WATCHED else None,
                diagnosis=b"" if state == crashed else document,
            )
            memory, changes = remember(memory, look)
            keep(path, look, memory, changes, USUAL)
