"""What came of a load: the document that every report renders."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hangup import __version__

SCHEMA = "hangup.load/1"


class Connections(Struct, frozen=True, kw_only=True):
    """`planned` should have arrived; `failed` never opened; `broken` ended otherwise than wanted.

    `peak` is how many were open at the same time.
    """

    planned: int
    arrived: int
    opened: int
    failed: int
    broken: int
    peak: int


class Messages(Struct, frozen=True, kw_only=True):
    """`lost` were sent and had no reply when their connection ended or patience did."""

    sent: int
    received: int
    lost: int


class Spread(Struct, frozen=True, kw_only=True):
    """Percentiles in milliseconds, within 0.1 % of the value; all are 0 where `count` is."""

    count: int = 0
    mean: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    max: float = 0.0


class Start(Struct, frozen=True, kw_only=True):
    """Where the first of a kind of ending was met.

    `connection` is the number of the arrival, from 1; `open` is how many others were open then.
    """

    at_s: float
    connection: int
    open: int


class Closures(Struct, frozen=True, kw_only=True):
    """All connections that ended in one way.

    `wanted` when it is the end that was asked for: our own 1000, answered. `kind` is that of an
    ending (`closed-1011`, `http-503`, `connect-refused`); `code` the close code or None; `words`
    one line for people. `after` counts after what they ended (`message:7`, `upgrade`, `idle`).
    `lifetimes` counts them by whole seconds of life, `together` is the largest number that ended
    within a tenth of a second. `example` is the id of a trace. `cause` and `layer` are the
    judge's, None where it does not know. `when` counts them by whole seconds of the run.
    """

    kind: str
    wanted: bool
    code: int | None
    reason: str
    closed_by: Literal["local", "remote", "neither"]
    count: int
    words: str
    cause: str | None
    layer: str | None
    sure: float
    after: dict[str, int]
    lifetimes: dict[int, int]
    together: int
    first: Start
    example: str | None
    when: dict[int, int] = {}


class Break(Struct, frozen=True, kw_only=True):
    """What broke first: one sentence, the kind of ending, and where it began."""

    words: str
    kind: str
    cause: str | None
    layer: str | None
    first: Start


class Moment(Struct, frozen=True, kw_only=True):
    """One second of the run, which began `at_s` seconds after the first.

    `opening` and `open` are connections at its end; the others are counts and percentiles in
    milliseconds of this second alone. `server_mb` is the memory of the server's process where it
    was named, None else.
    """

    at_s: float
    opening: int
    open: int
    arrived: int
    opened: int
    failed: int
    broken: int
    sent: int
    received: int
    p50: float
    p99: float
    max: float
    server_mb: float | None = None


class Threshold(Struct, frozen=True, kw_only=True):
    """A condition under which the run counts as failed: as written, what was found, its answer."""

    text: str
    value: float | None
    failed: bool


class Drift(Struct, frozen=True, kw_only=True):
    """How something went in the long run: its value in the first and in the last quarter.

    `unit` is that of both; `grows` when the difference is beyond what chance makes of moments.
    """

    what: str
    unit: str
    first: float
    last: float
    grows: bool


class Limit(Struct, frozen=True, kw_only=True):
    """What a search for the limit found: the most connections that held, the fewest that did not.

    `broke` is None when no number broke; of `flaky` ones a second trial held.
    """

    held: int
    broke: int | None
    flaky: tuple[int, ...] = ()
    trials: int = 0


class LoadReport(Struct, frozen=True, kw_only=True):
    """One run. `latency_ms` is from the intended start of a message to its reply.

    `opening_ms` is from the intended arrival to the 101, `lag_ms` how much later than intended we
    ourselves began: when that is large the generator was the limit, which `notes` say.
    """

    url: str
    began: float
    elapsed_s: float
    connections: Connections
    messages: Messages
    latency_ms: Spread
    opening_ms: Spread
    lag_ms: Spread
    closures: tuple[Closures, ...]
    first_break: Break | None
    moments: tuple[Moment, ...]
    thresholds: tuple[Threshold, ...] = ()
    drifts: tuple[Drift, ...] = ()
    limit: Limit | None = None
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    schema: str = SCHEMA
    hangup: str = __version__
