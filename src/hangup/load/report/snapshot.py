"""What is known of a load while it runs: all that a live view and a page of metrics show."""

from __future__ import annotations

from msgspec import Struct

from hangup.load.document import Spread


class Snapshot(Struct, frozen=True, kw_only=True):
    """The state of a run after `elapsed_s` seconds.

    `opening` and `open` are connections now; `arrived` to `lost` count from the beginning. What
    ends in `_rate` is per second, `p50` and `p99` are milliseconds, all of the last second alone
    and 0 without a reply in it. `endings` counts connections by their kind of ending, the wanted
    ones too; `latency_ms` is of the whole run.
    """

    url: str
    elapsed_s: float
    planned: int
    arrived: int = 0
    opening: int = 0
    open: int = 0
    opened: int = 0
    failed: int = 0
    broken: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    arrived_rate: float = 0.0
    opened_rate: float = 0.0
    sent_rate: float = 0.0
    received_rate: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    endings: dict[str, int] = {}
    latency_ms: Spread = Spread()
