"""What to do next: how to mend it, where to look, and what a further run would decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hangup import fingerprint, timers
from hangup.cause import Cause, Expect
from hangup.ending import Ending
from hangup.event import Expecting, TlsFailed
from hangup.judge import Belief, likelihood, predictions
from hangup.signs.sign import Sign
from hangup.trace import Trace

MOST_STEPS = 6
MOST_LIKELY = 2
MOST_RIVALS = 3
"""Rivals of which the steps say how to tell them apart."""
TELLING = 0.3
"""Difference of two causes' expectations from which a sign tells them apart."""

OPTIONS: Mapping[str, tuple[str, str]] = {
    "--bypass": ("ws://APP-HOST:PORT/path", "whether the proxy matters"),
    "--token": ("TOKEN", "whether the credential matters"),
    "--other-token": ("TOKEN", "whether another user fares alike"),
    "--send": ("MESSAGE", "whether a message matters"),
    "--expect": ("REGEX", "whether the right reply comes"),
    "--read-slowly": ("SECONDS", "whether slow readers are dropped, or hold up others"),
    "--resume": ("TEXT", "whether what is missed during a reconnect comes after it"),
    "--differently": ("ANOTHER-MESSAGE", "whether the answer depends on the message"),
    "--budget": ("SECONDS", "whether something said in time keeps it alive"),
    "--crowd": ("64", "whether it fails when many are open (this is load)"),
}
"""What each option that a run can lack takes, and what it would decide."""

NOTHING_LEFT = "a view from the server's side"
"""What tells two causes apart of which all was seen that a client can see."""

_ENDS_BY = {"keepalive": "a timeout", "message": "a traceback", "session": "a traceback"}
"""What ends TCP without a word in these layers."""
_KINDS = {"keepalive.proxy-idle": "idle", "keepalive.absolute-lifetime": "lifetime"}
"""The kind of timer that a cause is about."""
_UNKNOWN_ISSUERS = ("tls.issuer-unknown", "tls.self-signed", "tls.self-signed-in-chain")
_PROXY_LAYERS = ("dns", "proxy", "keepalive")

_SOUGHT: tuple[tuple[tuple[str, ...], str], ...] = (
    (("http-401", "http-403", "closed-1008", "closed-unauthorized"), "the refusal"),
    (("closed-application",), "what sends this code"),
    (("http-429", "closed-1013"), "a limit or an overload"),
    (("http-502", "http-503", "http-504"), "the upstream and its error"),
    (("http-5", "closed-1011", "closed-1005"), "a traceback"),
    (("http-", "bad-101"), "the path and the headers that arrived"),
    (("closed-keepalive", "own-keepalive"), "a ping timeout"),
    (("closed-1001", "closed-1012"), "a shutdown or restart"),
    (("fin", "rst"), "a traceback, a timeout or a restart"),
    (("open-",), "what became of the message"),
    (("closed-1009", "own-1009"), "a limit of size"),
    (("closed-",), "what sends this code"),
    (("own-",), "what it sent then"),
)
"""What a log is searched for, by how it ended; the first beginning that fits."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The experiments that ran, and why others could not."""

    ran: frozenset[str]
    barred: Mapping[str, str]

    def option(self, experiment: str) -> str:
        """Give the option that an experiment waits for, nothing when it waits for none."""
        if experiment in self.ran:
            return ""
        reason = self.barred.get(experiment, "")
        return reason.removeprefix("needs ") if reason.startswith("needs --") else ""

    def open(self, experiment: str) -> bool:
        """Whether an experiment can still be asked, as it is or with an option."""
        barred = experiment in self.barred and not self.option(experiment)
        return experiment not in self.ran and not barred


def decided_by(cause: Cause, asked: Asked) -> str:
    """Say what would decide a cause, without what was asked already."""
    clauses = cause.decisive.split("; ")
    asks = cause.asks or ("",) * len(clauses)
    left = [
        _with_option(clause, asked.option(experiment))
        for clause, experiment in zip(clauses, asks, strict=True)
        if not experiment or asked.open(experiment)
    ]
    return "; ".join(left) or NOTHING_LEFT


def told_apart(
    belief: Belief, signs: Iterable[Sign], asked: Asked, first: str, other: str
) -> tuple[str, str]:
    """Give what would tell two causes apart, and the option that it needs, if any."""
    sign = _telling_sign(belief, signs, asked, first, other)
    if sign is None:
        cause = belief.causes[other]
        return decided_by(cause, asked), next(filter(None, map(asked.option, cause.asks)), "")
    option = asked.option(sign.experiment)
    if not option:
        return f"the experiment {sign.experiment}", ""
    return f"a run with {option}", option


def next_steps(
    asked: Asked,
    base: tuple[Trace, Ending] | None,
    cause: Cause | None,
    apart: Mapping[str, tuple[str, str]],
    *,
    wanted: tuple[str, ...] = (),
    likely: Iterable[Cause] = (),
) -> tuple[str, ...]:
    """Say what to do, the most useful first; `apart` tells each rival from the likeliest.

    `wanted` are the options that the verdict itself waits for, `likely` the causes of its layer
    where one layer is all that is known.
    """
    rivals = dict(list(apart.items())[:MOST_RIVALS])
    steps = [cause.mend] if cause else []
    if base:
        steps += [
            *_timers(*base, cause),
            *_authority(base[0]),
            *_logs(*base, cause.layer if cause else ""),
        ]
    mends = [f"If it is {each.id}: {each.mend[:1].lower()}{each.mend[1:]}" for each in likely]
    steps += mends[:MOST_LIKELY]
    options = dict.fromkeys((*wanted, *(option for _, option in apart.values() if option)))
    if cause is None and not options and not apart:
        options = dict.fromkeys(filter(None, map(asked.option, asked.barred)))
    if "--token" in options:
        options.pop("--other-token", None)  # without a first user there is no second
    steps += map(again_with, options)
    words = [f"To tell {name} apart: {said}." for name, (said, opt) in rivals.items() if not opt]
    steps += [each for each in words if NOTHING_LEFT not in each and not mends]
    return tuple(steps[:MOST_STEPS])


def again_with(option: str) -> str:
    """Write the step that asks for a run with an option that this one had not."""
    name, _, value = option.partition(" ")
    example = value or OPTIONS[name][0]
    return f"Run again with {name} {example} to see {_decides(option)}."


def reply_named(trace: Trace) -> bool:
    """Whether the user said which reply must come."""
    return any(each.what != "any message" for each in trace.all(Expecting))


def _decides(option: str) -> str:
    return OPTIONS[option.partition(" ")[0]][1]


def _with_option(clause: str, option: str) -> str:
    return f"{clause} (needs {option})" if option else clause


def _telling_sign(
    belief: Belief, signs: Iterable[Sign], asked: Asked, first: str, other: str
) -> Sign | None:
    """Find the unread sign, still to be had, on which two causes differ most."""
    table = predictions(belief.causes.values(), belief.readings)
    if first not in table or first == other:
        return None
    gaps = {
        sign.name: (sum(_differ(table, sign, value, first, other) for value in sign.values), sign)
        for sign in signs
        if asked.open(sign.experiment)
    }
    gap, sign = max(gaps.values(), key=lambda each: each[0], default=(0.0, None))
    return sign if gap > 2 * TELLING else None


def _differ(
    table: Mapping[str, Mapping[str, Expect]], sign: Sign, value: str, first: str, other: str
) -> float:
    return abs(likelihood(table[first], sign, value) - likelihood(table[other], sign, value))


def _timers(trace: Trace, ending: Ending, cause: Cause | None) -> Iterator[str]:
    """Name the timers that the age at death may be, and where this proxy sets its own."""
    kind = _KINDS.get(cause.id) if cause else None
    if kind is None:
        return
    known = [f"{timer.whose} ({timer.setting})" for timer in timers.near(ending.lived, kind)]
    if known:
        yield f"{ending.lived:.0f} s is what these come with: {', '.join(known)}."
        return
    who = fingerprint.answerer_of(trace.response) if trace.response else ""
    setting = timers.SETTINGS.get(who) if kind == "idle" else None
    if setting:
        yield f"Look for {ending.lived:.1f} s in {who}'s configuration: {setting}."


def _authority(trace: Trace) -> Iterator[str]:
    failed = trace.last(TlsFailed)
    if failed and failed.failure in _UNKNOWN_ISSUERS:
        yield (
            "If a private authority issued the certificate, --cacert FILE must hold that "
            "authority's; --insecure only to look further."
        )


def _logs(trace: Trace, ending: Ending, layer: str) -> Iterator[str]:
    """Say which logs to read, at the time of which end (UTC), and for what."""
    if ending.works or not (ending.closure or ending.response):
        return
    at = datetime.fromtimestamp(trace.began + trace.events[ending.event].at, UTC)
    when = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC"
    logs = ["the application's log"]
    who = fingerprint.answerer_of(trace.response) if trace.response else ""
    if who in fingerprint.PROXIES:
        logs.append("the edge's log" if who == "edge" else f"{who}'s error log")
    if layer in _PROXY_LAYERS:
        logs.reverse()
    sought = _sought(ending, layer)
    yield f"Read {' and '.join(logs)} at {when}, when it ended: look for {sought}."


def _sought(ending: Ending, layer: str) -> str:
    if ending.kind in ("fin", "rst") and layer in _ENDS_BY:
        return _ENDS_BY[layer]
    what = next(what for kinds, what in _SOUGHT if ending.kind.startswith(kinds))
    reason = ending.closure.reason if ending.closure else ""
    return f"'{reason}' or {what}" if reason else what
