"""What a plan is made of: users, checks with one declared end each, phases, claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from hangup.asyncapi.contract import Contract
from hangup.endpoint import Endpoint
from hangup.plan.calling import Call, Function
from hangup.plan.holds import Holds
from hangup.plan.tasks import Task

NOWHERE = Endpoint(secure=False, host="", port=0, target="/")
"""The endpoint of a check that dials nothing."""
CheckOutcome = Literal["passed", "failed", "hung", "not-executed", "known-issue", "void", "masked"]
"""`masked` is a test of pytest's that passed although its connection ended badly."""


class Matcher(Struct, frozen=True):
    """What a message must be: text that `pattern` finds, or JSON with these fields.

    A field is named by its path, keys and list indices joined by dots. Its value is compared, or
    searched for an expression where it is a `Found`.
    """

    pattern: str | None = None
    fields: tuple[tuple[str, object], ...] = ()


class Found(Struct, frozen=True):
    """A text in which an expression is found."""

    expression: str


class Say(Struct, frozen=True, tag="say"):
    """Send one message."""

    data: str | bytes


class SayKept(Struct, frozen=True, tag="say-kept"):
    """Send one message with kept values in it: a text, or a document that is sent as JSON."""

    template: object


class Hear(Struct, frozen=True, tag="hear"):
    """A message that matches must come; what came before it is let go.

    `keep` are names, and the paths of what is kept under them.
    """

    matcher: Matcher
    within: float | None = None
    keep: tuple[tuple[str, str], ...] = ()


class Pause(Struct, frozen=True, tag="pause"):
    """Say nothing for some seconds."""

    seconds: float


class Silence(Struct, frozen=True, tag="silence"):
    """No message may come for some seconds."""

    seconds: float


class Events(Struct, frozen=True, tag="events"):
    """Messages of these names must come in this order, each once; others may stand between."""

    names: tuple[str, ...]
    field: str = "type"
    within: float | None = None


class Stream(Struct, frozen=True, tag="stream"):
    """Pieces must come, and then an end; others may stand between.

    `first` is for the first piece, `gap` between two and before the end, `within` for all, each in
    seconds. `number` is the path of a field that counts up by one.
    """

    piece: Matcher
    until: Matcher
    first: float | None = None
    gap: float | None = None
    least: int = 1
    number: str | None = None
    within: float | None = None


class Rate(Struct, frozen=True, tag="rate"):
    """So many messages must come in each second, at least and at most, over some seconds."""

    seconds: float
    least: float | None = None
    most: float | None = None
    matcher: Matcher | None = None


class Reconnect(Struct, frozen=True, tag="reconnect"):
    """The connection is closed, or broken off, and dialled again `after` some seconds."""

    after: float = 0.0
    abruptly: bool = False


PlanStep = Say | SayKept | Hear | Pause | Silence | Events | Stream | Rate | Reconnect


class End(Struct, frozen=True):
    """The one way in which a check must end.

    Without anything it is open until we close it. `status` is that of a refused upgrade, `code`
    and `reason` (an expression) are those of a close frame of the server's; `unreachable` names
    the layer that must refuse: dns, tcp or tls.
    """

    status: int | None = None
    code: int | None = None
    reason: str | None = None
    unreachable: Literal["dns", "tcp", "tls"] | None = None

    @property
    def words(self) -> str:
        """Say it."""
        if self.status is not None:
            return f"refused with {self.status}"
        if self.code is not None:
            return f"closed {self.code}" + (f" matching {self.reason!r}" if self.reason else "")
        return f"no {self.unreachable}" if self.unreachable else "open until we close it"


class KnownIssue(Struct, frozen=True):
    """A failure that is known: it must end so, and `why` says what is known of it."""

    why: str
    end: End


class Beside(Struct, frozen=True, kw_only=True):
    """Another connection, open before the steps and until they end, and all that it must hear."""

    name: str
    endpoint: Endpoint
    hears: tuple[Matcher, ...] = ()


class Check(Struct, frozen=True, kw_only=True):
    """One conversation of one user, and how it must end; or a function that must return.

    `lacks` says what is missing to run it: a variable of the environment, say. `control` names the
    check that must have passed for this one to say anything. `url` is that of the endpoint where
    kept values stand in it, `alike_url` that of `alike`, where it must end as at the endpoint.
    `kept` is what the setup kept, `line` where it stands in the file.
    The `contract` holds for every message that is heard.
    """

    name: str
    endpoint: Endpoint = NOWHERE
    url: str = ""
    user: str | None = None
    steps: tuple[PlanStep, ...] = ()
    end: End = End()
    deadline: float = 10.0
    connections: int = 1
    holds: Holds | None = None
    alike: Endpoint | None = None
    alike_url: str = ""
    kept: Mapping[str, object] = field(default_factory=dict)
    call: Function | Call | None = None
    required: bool = True
    known: KnownIssue | None = None
    control: str | None = None
    lacks: str = ""
    line: int = 0
    beside: tuple[Beside, ...] = ()
    contract: Contract | None = None

    @property
    def legs(self) -> int:
        """How many connections its steps take, one after the other."""
        return 1 + sum(isinstance(step, Reconnect) for step in self.steps)


class Phase(Struct, frozen=True):
    """Checks, one after the other; when a `gate` is not as expected, later phases are not run."""

    name: str
    checks: tuple[Check, ...]
    gate: bool = True


class Claim(Struct, frozen=True):
    """A claim, and the check whose passing would refute or support it."""

    says: str
    refuted_by: str | None = None
    supported_by: str | None = None


class Impact(Struct, frozen=True, kw_only=True):
    """Something that users can do, the checks that show it, and what it is worth in some unit."""

    capability: str
    checks: tuple[str, ...]
    amount: float | None = None
    unit: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """A whole plan; `budget` is in seconds, `secrets` are never shown.

    `setup` is done before the first phase, `teardown` after the last one whatever happened.
    `digest` is that of the file's text, `settings` are the names that were set from outside.
    """

    phases: tuple[Phase, ...]
    setup: tuple[Task, ...] = ()
    teardown: tuple[Task, ...] = ()
    claims: tuple[Claim, ...] = ()
    budget: float = 120.0
    diagnose: bool = True
    source: str = ""
    secrets: tuple[str, ...] = ()
    impact: tuple[Impact, ...] = ()
    digest: str = ""
    environment: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks in order."""
        return tuple(check for phase in self.phases for check in phase.checks)
