"""What a campaign has seen so far: its traces by experiment, read once each."""

from __future__ import annotations

from collections.abc import Iterable

from hangup.ending import Ending, ending_of
from hangup.event import (
    BUDGET_ENDED,
    CredentialUsed,
    DeadlineExpired,
    Expecting,
    ExperimentCrashed,
    Matched,
)
from hangup.trace import Trace


def _cut_in_silence(ending: Ending, first: Ending) -> bool:
    """Whether a silent connection met another end than the conversation's own."""
    cut = ending.cut_short or ending.kind == "open-mute"
    return cut and not ending.same_as(first) and not wants_login(ending, first)


def wants_login(ending: Ending, first: Ending) -> bool:
    """Whether a silent connection was sent away for want of a login, and one that talks was not."""
    from hangup.fingerprint import reason_kind  # here: after the first packet

    ours, spoken = ending.closure, first.closure
    if not ours or not spoken or ours.closed_by != "remote" or not first.works:
        return False
    return bool(spoken.messages_sent) and reason_kind(ours.reason) == "auth"


def _expired(trace: Trace) -> bool:
    used = trace.first(CredentialUsed)
    return used is not None and used.expires is not None and used.expires <= trace.began


LASTING = ("baseline", "idle", "pinged", "talking")
"""Experiments in which to have lived until the budget ended is an answer."""


def _given_up(trace: Trace, ending: Ending) -> bool:
    """Whether the budget ended it amid a conversation, which neither worked nor failed so far."""
    last = trace.last(DeadlineExpired)
    cut = last is not None and last.waiting_for == BUDGET_ENDED
    return cut and ending.works and trace.experiment not in LASTING


CROWD = "crowd"
"""The experiment whose connections are many: what they meet, one alone need not meet."""
SILENT = ("silent-handshake", "open-unanswered", "open-mute")
"""Endings of one blocked server; in which of them it is met is chance."""


ALONG = 0.15
"""Seconds within which one connection's end may have been another one's too."""


def _ended_at(trace: Trace, ending: Ending) -> float:
    return trace.began + trace.events[ending.event].at


def _spoke(ending: Ending) -> bool:
    return bool(ending.closure and ending.closure.messages_sent)


class Record:
    """Traces in the order they began; grows by one experiment at a time.

    `main` names the trace that all others are held against where there is no baseline, as in a
    record that was made elsewhere.
    """

    def __init__(self, traces: Iterable[Trace] = (), main: str | None = None) -> None:
        self._main = main
        self._seen: list[tuple[Trace, Ending]] = []
        self._proving: dict[str, list[tuple[Trace, Ending]]] = {}
        self.add(traces)

    @property
    def traces(self) -> list[Trace]:
        """All traces, in order."""
        return [trace for trace, _ in self._seen]

    @property
    def uncrowded(self) -> list[Trace]:
        """The traces of connections that had few beside them, in order."""
        return [trace for trace, _ in self._seen if trace.experiment != CROWD]

    def add(self, traces: Iterable[Trace]) -> None:
        """Take in the traces of one more experiment."""
        for trace in traces:
            run = trace, ending_of(trace)
            self._seen.append(run)
            if self._proves(*run):
                self._proving.setdefault(trace.experiment, []).append(run)

    def _proves(self, trace: Trace, ending: Ending) -> bool:
        aged = _expired(trace) and not _expired(self._seen[0][0])
        return not (aged or trace.first(ExperimentCrashed) or _given_up(trace, ending))

    @property
    def crashed(self) -> bool:
        """Whether a bug of ours ended an experiment: a crashed check is unknown, never a pass."""
        return any(trace.first(ExperimentCrashed) for trace in self.traces)

    def of(self, experiment: str) -> list[tuple[Trace, Ending]]:
        """Give the traces of one experiment that prove something, with their endings.

        What began with a token that has expired since the run began proves nothing of it.
        """
        return list(self._proving.get(experiment, ()))

    def ending(self, trace: Trace) -> Ending:
        """Give the ending of one of the traces."""
        return next(ending for seen, ending in self._seen if seen is trace)

    def comparable(self, experiment: str) -> list[tuple[Trace, Ending]]:
        """Give those traces of an experiment that can be held against the baseline.

        A connection that was given up while it was younger than the baseline's age at its death
        did not survive anything.
        """
        return self.comparable_of(self.of(experiment))

    def comparable_of(self, runs: list[tuple[Trace, Ending]]) -> list[tuple[Trace, Ending]]:
        """Give those of some traces that can be held against the baseline."""
        base = self.baseline
        if base is None or not base[1].cut_short:
            return runs
        return [(t, e) for t, e in runs if not e.works or e.lived >= base[1].lived]

    def first(self, experiment: str) -> tuple[Trace, Ending] | None:
        """Give an experiment's first comparable trace, None when there is none."""
        return next(iter(self.comparable(experiment)), None)

    @property
    def baseline(self) -> tuple[Trace, Ending] | None:
        """The trace that all others are held against, None before it is complete.

        Where the first one works and the same request fails later, that failure is what there is
        to explain. An honest client that merely waits is as honest as one that talks: so is a
        silent connection that is cut.
        """
        found = next(iter(self.of("baseline")), None)
        if found is None and self._main is not None:
            found = next(((t, e) for t, e in self._seen if t.id == self._main), None)
        if found and found[1].works:
            failed = (run for run in self.of("alone") if not run[1].works)
            silent = (r for r in self.of("idle") if _cut_in_silence(r[1], found[1]))
            return next(failed, None) or next(silent, found)
        return found

    @property
    def again(self) -> list[tuple[Trace, Ending]]:
        """Give the traces that repeat the honest request, those that ran alone when some did."""
        return self.of("alone") or self.of("repeat")

    @property
    def misses_reply(self) -> bool:
        """Whether an honest client that stayed till the end went without a reply at least once."""
        names = ("baseline", "repeat", "at-once", "delay")
        stayed = (t for n in names for t, e in self.of(n) if e.kind in ("open", "open-unanswered"))
        return any(len(t.all(Expecting)) > len(t.all(Matched)) for t in stayed)

    @property
    def silent(self) -> tuple[Trace, Ending] | None:
        """A connection that says nothing: the one beside which nobody spoke, where there is one."""
        return self.first("silent-alone") or self.first("idle")

    @property
    def fell_along(self) -> tuple[Trace, Ending] | None:
        """A connection that had said nothing, and ended at the moment of one that had spoken."""
        silent = self.first("idle")
        if not self.baseline or not silent or not silent[1].cut_short or _spoke(silent[1]):
            return None
        spoken = (run for run in self._seen if run[1].cut_short and _spoke(run[1]))
        moment = _ended_at(*silent)
        return silent if any(abs(_ended_at(*run) - moment) < ALONG for run in spoken) else None

    @property
    def doubtful(self) -> bool:
        """Whether the honest request ended in different ways while other connections were open.

        A close that speaks of another session may have been ours that was open beside it.
        """
        from hangup.fingerprint import reason_kind  # here: after the first packet

        base = self.baseline
        closure = base[1].closure if base else None
        if closure and closure.closed_by == "remote" and reason_kind(closure.reason) == "occupied":
            return True
        names = ("baseline", "repeat", "reconnect", "at-once")
        runs = [ending for name in names for _, ending in self.comparable(name)]
        silent = all(ending.kind in SILENT for ending in runs)
        return not silent and any(not ending.same_as(runs[0]) for ending in runs)
