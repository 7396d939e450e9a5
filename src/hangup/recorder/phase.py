"""Says what a connection was at when something failed: one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hangup.incident import Phase
from hangup.recorder.frames import Place

AUTH = re.compile(
    r"auth(?!or(?!i))|log_?in\b|sign_?in\b|credential|permission|passw|jwt|oidc|oauth"
    r"|(?:check|verif|valid|decod|introspect)\w*_(?:token|user|session|key)|token(?!i[sz])s?_?"
    r"(?:check|verif|valid|decod)|current_user|identity",
    re.IGNORECASE,
)
"""What the names of functions and modules that judge credentials have in them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a connection was: what had happened, and whether its frames speak of auth."""

    accepted: bool
    sent: int
    received: int
    closing: bool
    auth: bool


PHASES: tuple[tuple[Phase, Callable[[Progress], bool]], ...] = (
    # A credential may be the first message, and then nothing was answered yet.
    ("auth", lambda it: it.auth and not it.sent and it.received <= 1),
    ("accept", lambda it: not it.accepted),
    ("closing", lambda it: it.closing),
    ("open", lambda it: not it.sent and not it.received),
    ("message", lambda it: True),
)
"""Each phase and when it is the one; the first that holds does."""


def phase_of(progress: Progress) -> Phase:
    """Name the phase."""
    return next(phase for phase, holds in PHASES if holds(progress))


def speaks_of_auth(places: Iterable[Place]) -> bool:
    """Whether the name of a function, of its class or of its module does."""
    return any(AUTH.search(f"{place.module} {place.code.co_qualname}") for place in places)
