"""Signs of the experiments that change what the opening handshake carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hangup.ending import Ending
from hangup.event import RequestSent
from hangup.record import Record
from hangup.signs.relation import RELATIONS, matrix, relate
from hangup.signs.sign import Reading, Sign, cite, steady
from hangup.trace import Trace

Run = tuple[Trace, Ending]
MOST_ALIKE = 2
"""So many answers to the letter alike show that answers do not vary by themselves."""


def _broken(record: Record) -> Reading | None:
    """A broken credential tells nothing where none at all does as well."""
    reading = relate("broken-credential")(record)
    without = record.first("no-credential")
    if reading and without and without[1].works and reading.value in ("both-work", "both-open"):
        return cite(without[0], "none-needed", "no credential is needed", without[1].event)
    return reading


def _origin(record: Record) -> Reading | None:
    """Tell a client that sent none, or its host's own, from one that sent the wrong one."""
    reading, base = _ORIGINS(record), record.baseline
    asked = base[0].first(RequestSent) if base else None
    if reading is None or asked is None:
        return reading
    sent = {name.lower(): value for name, value in asked.headers}
    origin = sent.get("origin")
    if reading.value == "same-works" and origin is None:
        return replace(reading, value="missing-works")
    if reading.value == "absent-works" and origin and origin.endswith(f"//{sent.get('host')}"):
        return replace(reading, value="own-refused")
    return reading


def _placement(record: Record) -> Reading | None:
    """Where no credential at all does as well, a moved one only means that none was seen."""
    without, reading = record.first("no-credential"), _PLACES(record)
    if reading and without and without[1].works:
        says = "a connection without any credential stays open too, so a moved one proves nothing"
        return cite(without[0], "nowhere", says, without[1].event)
    changed = _answered_otherwise(record.comparable("placement"), record.baseline)
    if reading and reading.value == "nowhere" and changed:
        trace, ending = changed
        says = f"{trace.variant}: refused in other words, so it is looked at there: {ending.words}"
        return cite(trace, "looked-at", says, ending.event)
    return reading


def _answered_otherwise(runs: Sequence[Run], base: Run | None) -> Run | None:
    """Give the one run whose answer differs, where all others got the baseline's to the letter."""
    odd = [run for run in runs if base and _answer(run[1]) != _answer(base[1])]
    return odd[0] if len(odd) == 1 and len(runs) > MOST_ALIKE else None


def _answer(ending: Ending) -> tuple[object, ...]:
    response, closure = ending.response, ending.closure
    said = (response.status, response.body) if response else ()
    return (*said, closure and (closure.code, closure.reason), ending.kind)


def _browser_part(record: Record) -> Reading | None:
    """Which of a browser's headers makes the difference, where they make one."""
    runs = {trace.variant: (trace, ending) for trace, ending in record.comparable("as-browser")}
    if not steady(record) or any(name not in runs for name in ("browser", *PARTS)):
        return None
    works = runs["browser"][1].works
    alike = [value for name, value in PARTS.items() if runs[name][1].works == works]
    trace, ending = runs[next((n for n, v in PARTS.items() if v in alike), "browser")]
    says = f"{trace.variant}: {'it works' if ending.works else ending.words}"
    return cite(trace, alike[0] if len(alike) == 1 else "no-single-one", says, ending.event)


PARTS = {"a browser's User-Agent alone": "agent", "a browser's Connection alone": "connection"}

_PLACES = matrix("placement", "elsewhere", "nowhere", {})

_ORIGINS = matrix(
    "origin",
    "no-effect",
    "no-effect",
    {f"{o} {v}": f"{o}-{v}" for o in ("absent", "same", "foreign") for v in ("works", "fails")},
)


_VERBS = {
    "no-credential": "What changes without the credential?",
    "other-credential": "What changes with a second user's credential?",
    "no-compression": "What changes without compression?",
    "as-browser": "What changes with a browser's headers?",
    "subprotocol": "What changes with the subprotocol offer?",
    "unverified": "What is there without verification?",
}

# How often the change that helps is met where the cause is another one.
_UNUSUAL = {
    "unverified": {"works": 1.0},
    "other-credential": {"works": 0.3},
    "subprotocol": {"works": 0.1},
    "as-browser": {"works": 0.1, "refused": 0.15, "otherwise": 0.15},
}

SIGNS = (
    *(
        Sign(name, question, name, {**RELATIONS, **_UNUSUAL.get(name, {})}, relate(name))
        for name, question in _VERBS.items()
    ),
    Sign(
        "broken-credential",
        "What changes with a broken credential?",
        "broken-credential",
        {**RELATIONS, "both-work": 0.3, "both-open": 0.3, "none-needed": 1.0},
        _broken,
    ),
    Sign(
        "browser-part",
        "Which of a browser's headers decides?",
        "as-browser",
        {"agent": 1, "connection": 1, "no-single-one": 1},
        _browser_part,
    ),
    Sign(
        "origin",
        "Does the Origin decide?",
        "origin",
        {
            "no-effect": 20,
            "absent-works": 0.2,
            "same-works": 0.2,
            "missing-works": 0.2,
            "own-refused": 0.2,
            "foreign-works": 0.2,
            "absent-fails": 0.3,
            "same-fails": 0.3,
            "foreign-fails": 3,
        },
        _origin,
    ),
    Sign(
        "placement",
        "Does the credential work elsewhere?",
        "placement",
        {"elsewhere": 0.1, "looked-at": 0.1, "nowhere": 3},
        _placement,
    ),
)
