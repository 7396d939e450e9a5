"""Each way in which the endpoint ended connections: who did it, and what it can mean."""

from __future__ import annotations

from msgspec import Struct

from hangup.plan.results import CheckResult, PlanResult
from hangup.plan.symptom import Symptom
from hangup.report.units import code_name

STATUSES = {
    400: "the request was no upgrade that the answerer understands: headers lost on the way, say",
    401: "no credential that is taken, before the upgrade",
    403: "the application closed before it accepted, has no such route, or a filter refused: "
    "the headers and the body tell which",
    404: "no WebSocket route was reached: the path, the host, or an upgrade that was stripped",
    426: "what answered speaks no WebSocket on this path",
    429: "a limit of requests or of connections",
    500: "an exception before the upgrade was accepted",
    502: "a proxy got no usable answer from the application",
    503: "the application is not up, or a proxy has none to ask",
    504: "a proxy waited in vain for the application",
}
"""What a refusal with this status can mean; the status alone never decides."""
CODES = {
    1000: "the end of finished work; after an error it hides one",
    1001: "the server or a proxy goes away: a restart or a reload",
    1002: "what was sent broke the protocol, or the server says so",
    1003: "a kind of message that is not taken",
    1005: "a close frame without a code: on some servers what an exception becomes",
    1007: "text that is no UTF-8",
    1008: "a rule of the application: often a credential that it does not take",
    1009: "a message above a limit",
    1011: "an exception that the server closes for, a text of the application's own, or a "
    "keepalive that went unanswered: the reason and the time tell which",
    1012: "a restart",
    1013: "overload, or not ready yet",
    1014: "a proxy got no usable answer",
    3000: "a credential that is not taken",
    3003: "a credential that does not suffice",
}
"""What a close frame with this code can mean; a code names a habit of the server's, no cause."""
KINDS = {
    "fin": "TCP ended without a close frame (1006 in a browser): a crash, a proxy, or a process "
    "that went away",
    "rst": "TCP was reset without a close frame (1006 in a browser): a process killed, or bytes "
    "that nobody read",
}


class Closing(Struct, frozen=True, kw_only=True):
    """One distinct end: what was met, by whom, what it can mean, and in which checks."""

    met: str
    who: str
    means: str
    checks: tuple[str, ...]


def closings_of(result: PlanResult) -> tuple[Closing, ...]:
    """Give each distinct end that was not our own choice, in the order in which it was met."""
    found: list[tuple[Symptom, CheckResult, list[str]]] = []
    for check in result.checks:
        if check.symptom is None or (check.closure and check.closure.chosen):
            continue
        same = next((names for met, _, names in found if met.same_as(check.symptom)), None)
        if same is None:
            found.append((check.symptom, check, [check.name]))
        else:
            same.append(check.name)
    return tuple(_closing(met, check, names) for met, check, names in found)


def _closing(met: Symptom, check: CheckResult, names: list[str]) -> Closing:
    words = "open and silent until its deadline" if _silent(check) else _met(met)
    return Closing(met=words, who=_who(check), means=_means(met), checks=tuple(names))


def _silent(check: CheckResult) -> bool:
    return check.closure is not None and check.closure.closed_by == "neither"


def _met(met: Symptom) -> str:
    if met.status is not None and met.code is None:
        return f"refused: {met.words}"
    return met.words


def _who(check: CheckResult) -> str:
    closure = check.closure
    if closure is None:
        return "whoever answered the upgrade" if _status(check) else "nobody: it never opened"
    if closure.origin == "intermediary-frame":
        return "a proxy, by a close frame of its own"
    if closure.origin in ("fin", "rst"):
        return "the other end of TCP, which may be a proxy"
    return {"remote": "the server", "local": "our side", "neither": "nobody"}[closure.closed_by]


def _status(check: CheckResult) -> int | None:
    return check.symptom.status if check.symptom else None


def _means(met: Symptom) -> str:
    if met.kind in KINDS:
        return KINDS[met.kind]
    if met.status is not None and met.code is None:
        return STATUSES.get(met.status, "a refusal before the upgrade")
    if met.code is None:
        return (
            "silence: nobody closed"
            if met.kind.startswith("open")
            else ("it ended before there was a WebSocket")
        )
    return f"{code_name(met.code)}: {CODES.get(met.code, 'the application says what it means')}"
