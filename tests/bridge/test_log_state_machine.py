"""Whatever is asked of a log, in whatever order, each way of keeping it answers as the model."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from log_model import Model
from redis_server import RedisServer

from hangup.bridge.log import LogError, Position, Retention, RunKey
from logs import LASTING, LOGS

USERS = st.sampled_from(["alice", "bob", "o'hara {x}"])
RUNS = st.sampled_from(["r1", "r2", "r3"])
OWNERS = st.sampled_from(["p1", "p2"])
SECONDS = st.integers(0, 5).map(float)
AIMS = st.integers(0, 40)
"""Which of the runs there are is meant, and whether its owner; 0 for whatever is drawn."""
AHEAD = st.sampled_from([1, 1, 1, 1, 0, 0, -1, 2])
ENDS = st.sampled_from([False, False, False, True])


played: set[str] = set()
"""The kinds of log that a machine has been run against."""


class LogMachine(RuleBasedStateMachine):
    """Drives one log and the model side by side."""

    kind = "memory"
    server: RedisServer

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.log = self.do(self.opened())
        played.add(self.kind)
        self.model = Model()
        self.now = 1000.0
        self.written = 0
        self.epochs: dict[str, str] = {}

    async def opened(self) -> Any:
        return LOGS[self.kind](Path(self.folder.name), self.server)

    def do(self, action: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(action)

    def outcome(self, action: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self.do(action)
        except LogError as error:
            return type(error).__name__

    def teardown(self) -> None:
        self.do(self.log.close())
        self.loop.close()
        self.folder.cleanup()

    def aimed(self, aim: int, user: str, run: str, owner: str) -> tuple[str, str, str]:
        """Give a user, a run and an owner: mostly those of a run there is, else those drawn."""
        if not aim or not self.model.runs:
            return user, run, owner
        open_ones = [known for known in self.model.runs if not known.ended]
        some = open_ones if open_ones and aim % 4 else self.model.runs
        known = some[aim % len(some)]
        return known.user, known.name, known.owner if aim % 5 else owner

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(user=USERS, run=RUNS, owner=OWNERS, lease=SECONDS, aim=st.sampled_from([0, 0, 0, 1, 5]))
    def begin(self, user: str, run: str, owner: str, lease: float, aim: int) -> None:
        user, run, owner = self.aimed(aim, user, run, owner)
        found = self.outcome(self.log.begin(user, run, owner, now=self.now, lease=lease, most=2))
        assert found == self.model.begin(user, run, owner, self.now, self.now + lease, 2)

    @rule(
        user=USERS,
        run=RUNS,
        owner=OWNERS,
        aim=AIMS,
        ahead=AHEAD,
        count=st.integers(1, 3) | st.just(70),
        ends=ENDS,
    )
    def append(
        self, user: str, run: str, owner: str, aim: int, ahead: int, count: int, ends: bool
    ) -> None:
        user, run, owner = self.aimed(aim, user, run, owner)
        known = self.model.find(user, run)
        step = max(0, (len(known.bodies) if known else 0) + ahead)
        self.written += count  # so that what is repeated has another body than what is kept
        bodies = [b'{"type":"partial","text":"%d"}' % (self.written + at) for at in range(count)]
        found = self.outcome(
            self.log.append(user, run, owner, step, *bodies, now=self.now, ends=ends)
        )
        assert found == self.model.append(user, run, owner, step, bodies, self.now, ends)

    @rule(user=USERS, after=st.integers(0, 12), limit=st.integers(1, 5), named=st.booleans())
    def read(self, user: str, after: int, limit: int, named: bool) -> None:
        epoch = self.epochs.get(user, "") if named else ""
        found = self.do(self.log.read(user, after, limit, epoch=epoch))
        kept = [event for event in self.model.user(user, self.now).kept if event.seq > after][
            :limit
        ]
        assert [(e.seq, e.run, e.step, e.at, e.body) for e in found] == [
            (e.seq, e.run, e.step, e.at, e.body) for e in kept
        ]

    @rule(user=USERS, seq=st.integers(0, 12), behind=st.booleans())
    def acknowledge(self, user: str, seq: int, behind: bool) -> None:
        if behind:
            seq = max(0, len(self.model.user(user, self.now).events) + 1 - seq % 4)
        self.do(self.log.acknowledge(user, seq))
        known = self.model.user(user, self.now)
        if known.acked < seq <= len(known.events):
            known.acked = seq

    @rule(owner=OWNERS, users=st.sets(USERS), runs=st.sets(RUNS), lease=SECONDS)
    def renew(self, owner: str, users: set[str], runs: set[str], lease: float) -> None:
        named = {(user, run) for user in users for run in runs}
        self.do(self.log.renew(owner, named, now=self.now, lease=lease))
        self._lease(owner, self.now + lease, named)

    @rule(owner=OWNERS)
    def release(self, owner: str) -> None:
        self.do(self.log.release(owner, now=self.now))
        self._lease(owner, self.now)

    @rule()
    def orphans(self) -> None:
        found = self.do(self.log.orphans(now=self.now))
        lost = [r for r in self.model.runs if not r.ended and r.until <= self.now]
        assert sorted((o.user, o.run, o.step) for o in found) == sorted(
            (r.user, r.name, len(r.bodies)) for r in lost
        )

    @rule(user=USERS, run=RUNS, owner=OWNERS, aim=AIMS, lease=SECONDS)
    def take(self, user: str, run: str, owner: str, aim: int, lease: float) -> None:
        user, run, _ = self.aimed(aim, user, run, owner)
        found = self.do(self.log.take(user, run, owner, now=self.now, lease=lease))
        known = self.model.find(user, run)
        if known is None or known.ended or known.until > self.now:
            assert found is None
        else:
            assert found.step == len(known.bodies)
            known.owner, known.until = owner, self.now + lease

    @rule(
        most=st.integers(0, 4),
        age=st.sampled_from([1.0, 3.0, 1e9]),
        later=st.sampled_from([0.0, 0.0, 10.0]),
    )
    def prune(self, most: int, age: float, later: float) -> None:
        self.now += later  # so that users are forgotten, too
        found = self.do(self.log.prune(Retention(events=most, age=age), now=self.now))
        before = set(self.model.users)
        assert found == self.model.prune(most, self.now - age)
        for forgotten in before - set(self.model.users):
            old = self.epochs.pop(forgotten)
            refused = self.outcome(self.log.read(forgotten, 0, 1, epoch=old))
            assert refused == "EpochChangedError"
            assert self.do(self.log.position(forgotten, now=self.now)).epoch != old
            self.model.user(forgotten, self.now)

    @rule()
    def restart(self) -> None:
        if self.kind in LASTING:
            self.do(self.log.close())
            self.log = self.do(self.opened())

    @invariant()
    def positions_agree(self) -> None:
        for name, user in self.model.users.items():
            found: Position = self.do(self.log.position(name, now=self.now))
            assert (found.first, found.last, found.acked) == (
                user.first,
                len(user.events),
                user.acked,
            )
            assert self.epochs.setdefault(name, found.epoch) == found.epoch
            open_runs = tuple(run.name for run in self.model.open(name))
            assert self.do(self.log.open_runs(name)) == open_runs

    def _lease(self, owner: str, until: float, named: set[RunKey] | None = None) -> None:
        for run in self.model.runs:
            meant = named is None or (run.user, run.name) in named
            if meant and run.owner == owner and not run.ended:
                run.until = until


@pytest.mark.parametrize("kind", LOGS)
def test_the_log_and_its_model_agree(kind: str, redis: RedisServer) -> None:
    machine = type("Machine", (LogMachine,), {"kind": kind, "server": redis})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=100 if kind == "memory" else 50,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert kind in played
