"""Signs of the experiments that change the path, the method or the upgrade itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hangup import fingerprint
from hangup.ending import Ending
from hangup.event import RequestSent, ResponseReceived
from hangup.record import Record
from hangup.signs.relation import RELATIONS, relate
from hangup.signs.sign import Reading, Sign, cite, compared
from hangup.trace import Trace

UNSAID = 403
REFUSED = (400, 401, 403)
MANY = 200
"""Characters from which two bodies of one kind and about one length count as one page."""


def _path(experiment: str) -> Callable[[Record], Reading | None]:
    """Read another path's answer; ASGI servers refuse whatever it is with the same empty 403."""
    related = relate(experiment)

    def read(record: Record) -> Reading | None:
        reading, found, base = related(record), record.first(experiment), record.baseline
        theirs, ours = (run[1].response if run else None for run in (found, base))
        if not reading or reading.value != "alike" or not theirs or not ours:
            return reading
        if not _same_words(found, base):
            value = "refused" if theirs.status in REFUSED else "otherwise"
            says = f"{theirs.status} in other words: {_begin(theirs)}; yours: {_begin(ours)}"
            return replace(reading, value=value, says=says)
        if ours.status == UNSAID and not ours.body_size:
            says = f"{reading.says}; an ASGI server says no more, whatever it refuses"
            return replace(reading, value="alike-unsaid", says=says)
        return reading

    return read


def _same_words(one: tuple[Trace, Ending] | None, other: tuple[Trace, Ending] | None) -> bool:
    """Whether two answers of one status are one answer: its text, but for the path and the size."""
    texts = [_text(trace, ending.response) for trace, ending in filter(None, (one, other))]
    if texts[0] == texts[-1]:
        return True
    short, long = sorted(len(text) for text in texts)
    kinds = {fingerprint.body_kind(e.response) for _, e in filter(None, (one, other)) if e.response}
    return len(kinds) == 1 and short > MANY and long < short * 1.2


def _text(trace: Trace, response: ResponseReceived | None) -> str:
    """Give a body without the path, which many servers repeat."""
    asked = trace.first(RequestSent)
    path = asked.target.partition("?")[0] if asked else ""
    body = (response.body if response else b"").decode("utf-8", "replace")
    return body.replace(path, "") if len(path) > 1 else body


def _begin(response: ResponseReceived) -> str:
    head = response.body[:80].decode("utf-8", "replace")
    return f"the body begins {head!r}" if head else "the body is empty"


def _plain_get(record: Record) -> Reading | None:
    found = compared(record, "plain-get")
    if not found:
        return None
    trace, plain, base = found
    response = plain.response
    if response is None:
        return cite(trace, "nothing", f"a plain GET: {plain.words}", plain.event)
    says = f"a plain GET got {plain.words}"
    return cite(trace, _get_value(response, base.response), says, response)


def _get_meaning(record: Record) -> Reading | None:
    found = record.first("plain-get")
    response = found[1].response if found else None
    if not found or not response:
        return None
    says = f"a plain GET: {_begin(response)}"
    return cite(found[0], fingerprint.meaning_of(response), says, response)


def _get_value(response: ResponseReceived, upgraded: ResponseReceived | None) -> str:
    if _alike(response, upgraded):
        return "same-answer"
    if response.status in (400, 426):
        return "asks-for-upgrade"
    if response.status in (401, 403):
        return "refused"
    names = {2: "ok", 3: "ok", 4: "not-found", 5: "error"}
    return names.get(response.status // 100, "error")


def _bypass_get(record: Record) -> Reading | None:
    """Compare a plain GET to the application itself with what the upgrade got at the proxy."""
    found = compared(record, "bypass-get")
    if not found or not found[1].response or not found[2].response:
        return None
    trace, direct, base = found
    value = "same-answer" if _alike(direct.response, base.response) else "different"
    says = f"directly, a plain GET got {direct.words}; the upgrade got {base.words} at the proxy"
    return cite(trace, value, says, direct.response)


def _bypass_path(record: Record) -> Reading | None:
    """Compare the application's own refusal of an unknown path with the one at the proxy."""
    found, base = record.first("bypass-path"), record.baseline
    if not found or not base or not found[1].response or not base[1].response:
        return None
    trace, direct = found
    same = direct.same_as(base[1]) and _same_words(found, base)
    says = f"directly, an unknown path got {direct.words}; yours got {base[1].words} at the proxy"
    return cite(trace, "same-answer" if same else "different", says, direct.response)


def _bypass_bare(record: Record) -> Reading | None:
    """Compare the application's own answer without a credential with the one at the proxy."""
    found, base = record.first("bypass-bare"), record.baseline
    if not found or not base or not base[1].response:
        return None
    trace, direct = found
    says = f"directly, without a credential: {direct.words}; at the proxy, with it: {base[1].words}"
    if direct.works:
        return cite(trace, "works", says, direct.event)
    same = direct.same_as(base[1]) and _same_words(found, base)
    return cite(trace, "same-answer" if same else "different", says, direct.event)


def _alike(one: ResponseReceived | None, other: ResponseReceived | None) -> bool:
    return bool(one and other and (one.status, one.body) == (other.status, other.body))


def _bogus(record: Record) -> Reading | None:
    found = compared(record, "bogus-upgrade")
    if not found:
        return None
    trace, bogus, base = found
    value = "same-answer" if bogus.same_as(base) else "different"
    return cite(trace, value, f"Upgrade: hangup-bogus got {bogus.words}", bogus.event)


PATHS = {**RELATIONS, "alike-unsaid": 1.0}

SIGNS = (
    Sign(
        "random-path",
        "What changes on a path that cannot exist?",
        "random-path",
        PATHS,
        _path("random-path"),
    ),
    Sign(
        "sibling-path",
        "What changes on a wrong path below the same prefix?",
        "sibling-path",
        PATHS,
        _path("sibling-path"),
    ),
    Sign(
        "other-slash",
        "What changes with the other slash?",
        "other-slash",
        {**RELATIONS, "works": 0.1},
        relate("other-slash"),
    ),
    Sign("bypass", "What changes without the proxy?", "bypass", RELATIONS, relate("bypass")),
    Sign(
        "plain-get",
        "What does a plain GET get?",
        "plain-get",
        {
            "same-answer": 1.5,
            "asks-for-upgrade": 2,
            "refused": 1,
            "ok": 1.5,
            "not-found": 3,
            "error": 1,
            "nothing": 0.5,
        },
        _plain_get,
    ),
    Sign(
        "get-meaning",
        "What does the answer to a plain GET mean?",
        "plain-get",
        {
            **dict.fromkeys((name for name, _ in fingerprint.BODIES), 0.15),
            **dict.fromkeys(fingerprint.UNMISTAKABLE, 0.01),
            "upgrade-required": 4.0,
            "none": 10.0,
        },
        _get_meaning,
    ),
    Sign(
        "bypass-get",
        "Is it the application's own answer to a plain GET?",
        "bypass-get",
        {"same-answer": 1, "different": 1},
        _bypass_get,
    ),
    Sign(
        "bypass-path",
        "Is it the application's own answer to an unknown path?",
        "bypass-path",
        {"same-answer": 1, "different": 1.5},
        _bypass_path,
    ),
    Sign(
        "bypass-bare",
        "Is it the application's own answer to a missing credential?",
        "bypass-bare",
        {"same-answer": 0.4, "different": 1.5, "works": 1},
        _bypass_bare,
    ),
    Sign(
        "bogus-upgrade",
        "Is an unknown upgrade refused alike?",
        "bogus-upgrade",
        {"same-answer": 1, "different": 1},
        _bogus,
    ),
)
