"""What one diagnosis works with: its connections, its time, its record, its credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from hangup.credentials import secrets_of
from hangup.diagnosis import ExperimentRun
from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.event import ExperimentCrashed
from hangup.experiments.credential import break_token
from hangup.experiments.experiment import HONEST, Experiment
from hangup.inquiry import Inquiry
from hangup.probe.dial import Script, dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.progress import Ended
from hangup.record import Record
from hangup.redact import Redactor
from hangup.trace import Trace

if TYPE_CHECKING:
    from hangup.probe.session import Session

AT_ONCE = 4
"""Connections open at the same time, at most, but for experiments that need more together."""
PATIENCE = 10.0
"""Seconds for each step of opening a connection; a smaller budget shortens them."""
SECOND_PATIENCE = 2.0
"""Seconds for each step once the baseline has waited in vain."""
LATER = 0.05
"""Seconds by which an experiment may outlive its connections' deadline."""
MARGIN = 0.2
"""Seconds of the budget kept back for judging and writing."""


class OutOfConnectionsError(Exception):
    """The number of connections is used up; the experiment ends where it is."""


class Bench:
    """One experiment's workplace: it can dial, and what it dialled is kept."""

    def __init__(
        self, workbench: Workbench, experiment: str, together: int = 0, *, ordered: bool = False
    ) -> None:
        self.inquiry = workbench.inquiry
        self.traces: list[Trace] = []
        self._shared, self._experiment, self._ordered = workbench, experiment, ordered
        # Those that are open together have their own count: nothing else runs meanwhile.
        self._slots = asyncio.Semaphore(together) if together else workbench.slots

    @property
    def baseline(self) -> Ending | None:
        """How the baseline ended, as soon as that is known."""
        base = self._shared.record.baseline
        return base[1] if base else None

    @property
    def baseline_trace(self) -> Trace | None:
        """The baseline itself, as soon as it is complete."""
        base = self._shared.record.baseline
        return base[0] if base else None

    def mark_crashed(self, text: str) -> None:
        """Put our own bug into every trace of the experiment, into an empty one if need be."""
        if not self.traces:
            empty = Recorder(self._shared.redactor)
            id, url = self._shared.name_trace(), self.inquiry.endpoint.url
            self.traces = [empty.trace(id=id, experiment=self._experiment, variant="", url=url)]
        self.traces = [_crashed(trace, text) for trace in self.traces]

    async def dial(
        self,
        variant: str = "",
        *,
        endpoint: Endpoint | None = None,
        opening: Opening = HONEST,
        script: Script | None = None,
    ) -> Trace:
        shared = self._shared
        async with self._slots:
            id = shared.take_connection(ordered=self._ordered)
            where = endpoint or self.inquiry.endpoint
            recorder = Recorder(shared.redactor)

            async def noted(session: Session) -> None:
                shared.opened.set()
                if script:
                    await script(session)

            try:
                await dial(
                    where,
                    opening,
                    noted,
                    recorder,
                    patience=shared.patience,
                    deadline=shared.deadline,
                )
            finally:
                trace = recorder.trace(
                    id=id, experiment=self._experiment, variant=variant, url=where.url
                )
                self.traces.append(trace)
            return trace


def _crashed(trace: Trace, text: str) -> Trace:
    at = trace.events[-1].at if trace.events else 0.0
    events = (*trace.events, ExperimentCrashed(at=at, text=text))
    return msgspec.structs.replace(trace, events=events)


class Workbench:
    """The state of one diagnosis while it runs."""

    def __init__(self, inquiry: Inquiry) -> None:
        loop = asyncio.get_running_loop()
        self.inquiry = inquiry
        self.began = loop.time()
        self.deadline = self.began + max(inquiry.budget - MARGIN, inquiry.budget / 2)
        self.patience = min(PATIENCE, inquiry.budget / 2.5)
        self.redactor = Redactor(_secrets(inquiry))
        self.record = Record()
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.runs: list[ExperimentRun] = []
        self.notes: list[str] = []
        self.opened = asyncio.Event()
        self._opened = 0
        self._ordered = 0
        self._named = 0

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - asyncio.get_running_loop().time()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return asyncio.get_running_loop().time() - self.began

    @property
    def connections(self) -> int:
        """Connections tried so far."""
        return self._opened + self._ordered

    @property
    def spent(self) -> bool:
        """Whether the order allows no further connection, but for those that it names itself."""
        return self._opened >= self.inquiry.max_connections

    def _learn_patience(self) -> None:
        """Wait less for what has once been waited for in vain."""
        base = self.record.baseline
        if base and base[1].kind in ("silent-handshake", "tls-silent", "tcp-silent"):
            self.patience = min(self.patience, SECOND_PATIENCE)

    async def known_to_open(self, running: Iterable[asyncio.Task[Ended]]) -> None:
        """Wait until the first WebSocket is open, or its experiment is over without."""
        opened = asyncio.create_task(self.opened.wait())
        await asyncio.wait([opened, *running], return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()

    def take_connection(self, *, ordered: bool = False) -> str:
        """Count one more connection and give its trace a name.

        Those of an experiment that was `ordered` are bounded by the order itself.

        Raises:
            OutOfConnectionsError: when the order allows no further one.
        """
        if self.left <= 0 or (self.spent and not ordered):
            raise OutOfConnectionsError
        self._ordered += ordered
        self._opened += not ordered
        return self.name_trace()

    def name_trace(self) -> str:
        """Give the next trace its name."""
        self._named += 1
        return f"t{self._named}"

    async def run(self, experiment: Experiment) -> Ended:
        """Run one experiment; its bug or its end of means never loses what others saw."""
        together = experiment.connections(self.inquiry) if experiment.together else 0
        bench = Bench(self, experiment.name, together, ordered=experiment.ordered)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            # A little later than the dial's own deadline, which records what was awaited.
            async with asyncio.timeout_at(self.deadline + LATER):
                await experiment.run(bench)
        except TimeoutError:
            self.notes.append(f"{experiment.name} was cut: the budget ended")
        except OutOfConnectionsError:
            self.notes.append(f"{experiment.name} was cut: no connections or time left")
        except Exception:  # noqa: BLE001 - one experiment's bug must not lose the others' evidence
            import traceback  # here: it is for our own bugs only

            text = self.redactor.text(traceback.format_exc(limit=-2))
            self.notes.append(f"{experiment.name} crashed (a bug in hangup): {text}")
            bench.mark_crashed(text)
        bench.traces.sort(key=lambda trace: int(trace.id[1:]))  # those at once ended in any order
        self.record.add(bench.traces)
        self._learn_patience()
        run = ExperimentRun(
            name=experiment.name,
            question=experiment.question,
            outcome=outcome(self.record, experiment),
            traces=tuple(trace.id for trace in bench.traces),
            elapsed_s=round(loop.time() - began, 3),
        )
        self.runs.append(run)
        return Ended(run, tuple(bench.traces))


def _secrets(inquiry: Inquiry) -> tuple[str, ...]:
    known = secrets_of(inquiry.endpoint, inquiry.bypass, *_others(inquiry))
    if not inquiry.spoken.sends:
        return known
    from hangup.in_band import secrets_said  # here: most runs say nothing before the first packet

    return (*known, *secrets_said(inquiry.spoken))


def _others(inquiry: Inquiry) -> tuple[Endpoint, ...]:
    """Give the endpoints whose credentials travel too: another user's, and the broken one.

    A broken token is all but one character of the secret.
    """
    endpoint = inquiry.endpoint
    other, own = endpoint.other_credential, endpoint.credential
    broken = msgspec.structs.replace(own, token=break_token(own.token)) if own else None
    return (endpoint.with_(credential=other), endpoint.with_(credential=broken))


def outcome(record: Record, experiment: Experiment) -> str:
    """Tell what came of an experiment, in a few words."""
    said = experiment.told(record) if experiment.told else ""
    return said or endings(record.of(experiment.name))


def endings(runs: Sequence[tuple[Trace, Ending]]) -> str:
    """Tell how connections ended, in a few words."""
    if not runs:
        return "not executed"
    parts = [f"{t.variant}: {e.words}" if t.variant else e.words for t, e in runs]
    same = len({e.words for _, e in runs}) == 1
    return f"{runs[0][1].words} ({len(runs)} times)" if same and len(runs) > 1 else "; ".join(parts)
