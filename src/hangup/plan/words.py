"""What a plan is made of: users, checks with one declared end each, phases, claims."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hangup.asyncapi.contract import Contract
from hangup.endpoint import Endpoint

CheckOutcome = Literal["passed", "failed", "hung", "not-executed", "known-issue", "void"]


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


class Hear(Struct, frozen=True, tag="hear"):
    """A message that matches must come; what came before it is let go."""

    matcher: Matcher
    within: float | None = None


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


PlanStep = Say | Hear | Pause | Silence | Events


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


class Check(Struct, frozen=True, kw_only=True):
    """One conversation of one user, and how it must end.

    `lacks` says what is missing to run it: a variable of the environment, say. `control` names the
    check that must have passed for this one to say anything. The `contract` holds for every
    message that is heard.
    """

    name: str
    endpoint: Endpoint
    user: str | None = None
    steps: tuple[PlanStep, ...] = ()
    end: End = End()
    deadline: float
    connections: int = 1
    required: bool = True
    known: KnownIssue | None = None
    control: str | None = None
    lacks: str = ""
    contract: Contract | None = None


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


class Plan(Struct, frozen=True, kw_only=True):
    """A whole plan; `budget` is in seconds, `secrets` are never shown."""

    phases: tuple[Phase, ...]
    claims: tuple[Claim, ...] = ()
    budget: float = 120.0
    diagnose: bool = True
    source: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks in order."""
        return tuple(check for phase in self.phases for check in phase.checks)
