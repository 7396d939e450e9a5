"""What a log of events is, in lists: what every way of keeping one is held against."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ModelRun:
    """A run, as the model knows it."""

    user: str
    name: str
    owner: str
    until: float
    bodies: list[bytes] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    ended: bool = False


@dataclass
class ModelEvent:
    """An event, as the model knows it."""

    seq: int
    run: str
    step: int
    at: float
    body: bytes


@dataclass
class ModelUser:
    """All that was ever written for a user, and from where on it is kept."""

    events: list[ModelEvent] = field(default_factory=list)
    first: int = 1
    acked: int = 0
    active: float = 0.0

    @property
    def kept(self) -> list[ModelEvent]:
        """What has not been pruned."""
        return self.events[self.first - 1 :]


@dataclass
class Model:
    """Users and runs; every operation gives what a log must give, or the name of its error."""

    users: dict[str, ModelUser] = field(default_factory=dict)
    runs: list[ModelRun] = field(default_factory=list)

    def user(self, name: str, now: float) -> ModelUser:
        """Give a user, who begins when there is none."""
        return self.users.setdefault(name, ModelUser(active=now))

    def open(self, user: str) -> list[ModelRun]:
        """Give the user's open runs."""
        return [run for run in self.runs if run.user == user and not run.ended]

    def find(self, user: str, name: str) -> ModelRun | None:
        """Give a run of the user, when something of it is known."""
        return next((r for r in self.runs if r.user == user and r.name == name), None)

    def begin(
        self, user: str, name: str, owner: str, now: float, until: float, most: int
    ) -> str | None:
        """Open a run."""
        known = self.user(user, now)
        if (run := self.find(user, name)) is not None:
            if run.owner != owner or run.bodies:
                return "RunExistsError"
            run.until = until
            return None
        if len(self.open(user)) >= most:
            return "TooManyRunsError"
        known.active = max(known.active, now)
        self.runs.append(ModelRun(user, name, owner, until))
        return None

    def append(
        self,
        user: str,
        name: str,
        owner: str,
        step: int,
        bodies: list[bytes],
        at: float,
        ends: bool,
    ) -> int | str:
        """Write events, all or none."""
        run = self.find(user, name)
        if run is None or run.owner != owner:
            return "RunOverError"
        if run.bodies and step + len(bodies) - 1 == len(run.bodies):
            return run.seqs[-1]
        if run.ended:
            return "RunOverError"
        if step != len(run.bodies) + 1:
            return "MissingStepError"
        known = self.users[user]
        known.active = max(known.active, at)
        events = known.events
        for number, body in enumerate(bodies, step):
            events.append(ModelEvent(len(events) + 1, name, number, at, body))
            run.bodies.append(body)
            run.seqs.append(len(events))
        run.ended = ends
        return len(events)

    def prune(self, most: int, before: float) -> int:
        """Forget the oldest, and the users of whom nothing is left."""
        gone = 0
        for name, user in self.users.items():
            while user.kept and (len(user.kept) > most or user.kept[0].at < before):
                user.first += 1
                gone += 1
            self.runs = [
                run
                for run in self.runs
                if run.user != name or not run.ended or run.seqs[-1] >= user.first
            ]
        for name, user in list(self.users.items()):
            if not user.kept and user.active < before and not self.open(name):
                del self.users[name]
        return gone
