"""Loads as the archive keeps them, and as they come back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hangup.errors import UsageError
from hangup.load.document import LoadReport
from hangup.load.report.words import outcome_of
from hangup.store.archive import RunHead, keep_run, usual_path
from hangup.store.encoded import encoded
from hangup.trace import Trace

BORNE = "It was borne: every connection ended as it should."


def keep_load(path: str | None, report: LoadReport, traces: Sequence[Trace]) -> str:
    """Keep a load with the traces that it cites, in the user's own file by default; give its id.

    Raises:
        UsageError: it cannot be written.
    """
    broke = report.first_break
    head = RunHead(
        kind="load",
        began=report.began,
        url=report.url,
        verdict=outcome_of(report),
        layer=broke.layer if broke else None,
        cause=broke.cause if broke else None,
        confidence=_sure(report),
        summary=broke.words if broke else BORNE,
        elapsed_s=report.elapsed_s,
        connections=report.connections.arrived,
    )
    said = tuple(each.words for each in report.closures)
    return keep_run(path or usual_path(), head, encoded(report), traces, said)


def load_of(body: bytes) -> LoadReport:
    """Read a kept load.

    Raises:
        UsageError: it was damaged, or written by a later version.
    """
    try:
        return msgspec.json.decode(body, type=LoadReport)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"the kept load cannot be read: {exc}") from None


def _sure(report: LoadReport) -> float:
    broke = report.first_break
    kinds = {each.kind: each.sure for each in report.closures}
    return kinds.get(broke.kind, 0.0) if broke else 0.0
