"""The diagnosis document: what was found, how sure, and on what evidence."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from hangup.closure import Closure

SCHEMA = "hangup.diagnosis/1"
Verdict = Literal["healthy", "fault", "inconclusive"]
BrowserOutcome = Literal[
    "both-work",
    "alike",
    "only-browser-fails",
    "only-browser-works",
    "otherwise",
    "unsteady",
    "undecided",
]
FindingVerdict = Literal["supported", "refuted", "inconclusive"]


class Evidence(Struct, frozen=True, kw_only=True):
    """One event of a recorded trace (its place in it), and what it says."""

    trace: str
    event: int
    says: str


class Finding(Struct, frozen=True, kw_only=True):
    """What became of one cause; `missing` says what would decide it."""

    cause: str
    verdict: FindingVerdict
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    missing: str = ""


class Untested(Struct, frozen=True, kw_only=True):
    """A cause of the catalogue that this run could not test, and why."""

    cause: str
    reason: str


class Alternative(Struct, frozen=True, kw_only=True):
    """A cause that is still alive, and what would tell it apart from the first."""

    cause: str
    layer: str
    confidence: float
    told_apart_by: str


class ExperimentRun(Struct, frozen=True, kw_only=True):
    """One experiment that ran: `question` in words, `outcome` in a few."""

    name: str
    question: str
    outcome: str
    traces: tuple[str, ...]
    elapsed_s: float


class EndpointSeen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The endpoint's identity as met, credentials redacted, and when."""

    url: str
    addresses: tuple[str, ...] = ()
    server: str | None = None
    tls_peer: str | None = None
    build: str | None = None
    seen_at: str = ""


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that one vantage saw, in milliseconds since the client's trace began.

    `failure` marks what was caught; the others say what was going on around it.
    """

    at_ms: float
    vantage: Literal["client", "server"]
    says: str
    failure: bool = False


class Incident(Struct, frozen=True, kw_only=True):
    """What the server-side recorder caught of the same failure.

    `exception` is empty for a failure without one, which `kind` and `detail` name then. `id` is
    that of `hangup incidents`, `trace` the client's connection that it belongs to. The server's
    clock is ahead of the client's by `clock_offset_ms`, give or take `clock_uncertain_ms`; None
    where nothing tells of it, and then `timeline` holds only what the client saw.
    """

    exception: str
    message: str
    frame: str
    chain: tuple[str, ...]
    phase: str
    id: str = ""
    kind: str = ""
    detail: str = ""
    trace: str = ""
    clock_offset_ms: float | None = None
    clock_uncertain_ms: float | None = None
    timeline: tuple[Moment, ...] = ()


class Sight(Struct, frozen=True, kw_only=True):
    """A line of a column: milliseconds since the page opened its WebSocket, None: not known."""

    at_ms: float | None
    says: str


class InBrowser(Struct, frozen=True, kw_only=True):
    """The same conversation from a page in a browser, as three saw it: its script, wire, server.

    `outcome` holds it against the probe's own connection, `because` says so in words. `recorded`
    says whether the server's recorder was found to have seen it. `limits` are what the browser
    could not be given.
    """

    agent: str
    origin: str
    trace: str
    outcome: BrowserOutcome
    because: str
    page: tuple[Sight, ...]
    wire: tuple[Sight, ...]
    server: tuple[Sight, ...] = ()
    recorded: bool = False
    limits: tuple[str, ...] = ()


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The document of `hangup diagnose --json`."""

    schema: str = SCHEMA
    endpoint: EndpointSeen
    verdict: Verdict
    layer: str | None
    cause: str | None
    confidence: float
    summary: str
    alternatives: tuple[Alternative, ...]
    findings: tuple[Finding, ...]
    untested: tuple[Untested, ...] = ()
    closure: Closure | None
    incident: Incident | UnsetType = UNSET
    browser: InBrowser | UnsetType = UNSET
    experiments: tuple[ExperimentRun, ...]
    next_steps: tuple[str, ...]
    notes: tuple[str, ...] = ()
    connections: int
    elapsed_s: float
    hangup: str
