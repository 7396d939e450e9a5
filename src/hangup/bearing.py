"""What a failure caught on the server says to the verdict from outside, and what to do about it.

The belief stays as the experiments made it; this only puts the two beside each other in words.
"""

from __future__ import annotations

from hangup.causes import CAUSES
from hangup.diagnosis import Diagnosis, Incident

RAISED = frozenset({"", "exception", "masked-exception", "task-exception"})
"""Kinds that are an exception of the handler's; a log does not tell which."""
NAMED: tuple[tuple[frozenset[str], str, str], ...] = (
    (RAISED, "auth", "auth.auth-code-crashes"),
    (RAISED, "accept", "session.exception-before-accept"),
    (frozenset({"masked-exception"}), "open", "session.masked-exception"),
    (frozenset({"exception"}), "open", "session.exception-after-accept"),
    (RAISED, "message", "message.handler-exception"),
    (frozenset({"unserializable"}), "", "message.serialization"),
    (frozenset({"illegal-close"}), "", "session.invalid-close-code"),
    (frozenset({"accepted-twice"}), "", "session.double-accept"),
)
"""The cause that a kind and phase (any where it is empty) are; others are several."""
HINTS: tuple[tuple[str, str], ...] = (
    ("NameError", "A name is missing there, most often an import"),
    ("UnboundLocalError", "A variable is read there that one branch does not set"),
    ("ModuleNotFoundError", "The build lacks a package"),
    ("ImportError", "The build has another version of a package than the code expects"),
)
"""What exceptions mean that name a fault of the code or the build, whatever was sent."""
LINTED = " `hangup preflight` finds the others like it."

_BY_ID = {cause.id: cause for cause in CAUSES}


def cause_of(incident: Incident) -> str:
    """Name the cause that a failure on the server is, empty where it may be several."""
    for kinds, phase, cause in NAMED:
        if incident.kind in kinds and phase in ("", incident.phase):
            return cause
    return ""


def bearing(diagnosis: Diagnosis, incident: Incident) -> str:
    """Say in one sentence how the record and the verdict differ; nothing where they do not."""
    named = cause_of(incident)
    if not named or named == diagnosis.cause:
        return ""
    record = f"{named}: {_lowered(_BY_ID[named].means)}"
    if diagnosis.cause is None:
        return f"The server's record names what the experiments left open, {record}."
    if _is_alive(diagnosis, named):
        return (
            f"The server's record decides what the experiments cannot, {record}; "
            f"{diagnosis.cause} is what that looks like from outside."
        )
    if diagnosis.layer == _BY_ID[named].layer:
        return ""  # two views of one place, such as a close and the exception behind it
    return (
        f"The server's record does not fit this verdict: it names {record}. Trust the record of "
        f"what the server did, and look for {diagnosis.cause} if the fault stays once it is mended."
    )


def with_steps(diagnosis: Diagnosis, incident: Incident) -> tuple[str, ...]:
    """Give the next steps: where to look first, and none that the record has answered."""
    if not incident.frame:
        return diagnosis.next_steps
    named, steps = cause_of(incident), diagnosis.next_steps
    cause = _BY_ID.get(diagnosis.cause or "")
    if named and named != diagnosis.cause and (cause is None or _is_alive(diagnosis, named)):
        steps = (_BY_ID[named].mend, *(each for each in steps if not cause or each != cause.mend))
    left = (each for each in steps if not _is_answered(each))
    return (f"Look at {incident.frame}: {_what(incident)}", *left)


def _what(incident: Incident) -> str:
    came = f"{incident.exception or incident.kind} came from there."
    hint = next((says for name, says in HINTS if incident.exception.endswith(name)), "")
    if incident.kind == "unserializable" and incident.detail:
        hint = f"Convert {incident.detail} before it is sent"
    if not hint:
        return came
    return f"{came} {hint}.{LINTED if incident.exception == 'NameError' else ''}"


def _is_alive(diagnosis: Diagnosis, named: str) -> bool:
    return any(each.cause == named for each in diagnosis.alternatives)


def _is_answered(step: str) -> bool:
    """Whether a step asks for what the record already is."""
    return step.startswith("Read the application's log at ") or (
        step.startswith("To tell ") and "server-side record" in step
    )


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
