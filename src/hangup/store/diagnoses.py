"""Diagnoses as the archive keeps them, and as they come back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET

from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.store.archive import RunHead, keep_run, usual_path
from hangup.store.encoded import encoded
from hangup.trace import Trace


def keep_diagnosis(path: str | None, diagnosis: Diagnosis, traces: Sequence[Trace]) -> str:
    """Keep a diagnosis with its traces, in the user's own file by default; give its id.

    Raises:
        UsageError: it cannot be written.
    """
    head = RunHead(
        kind="diagnosis",
        began=min((trace.began for trace in traces), default=time.time()),
        url=diagnosis.endpoint.url,
        verdict=diagnosis.verdict,
        layer=diagnosis.layer,
        cause=diagnosis.cause,
        confidence=diagnosis.confidence,
        summary=diagnosis.summary,
        elapsed_s=diagnosis.elapsed_s,
        connections=diagnosis.connections,
    )
    said = tuple(_said(diagnosis))
    return keep_run(path or usual_path(), head, encoded(diagnosis), traces, said)


def diagnosis_of(body: bytes) -> Diagnosis:
    """Read a kept diagnosis.

    Raises:
        UsageError: it was damaged, or written by a later version.
    """
    try:
        return msgspec.json.decode(body, type=Diagnosis)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"the kept diagnosis cannot be read: {exc}") from None


def _said(diagnosis: Diagnosis) -> Iterator[str]:
    """Give what else a search shall find a diagnosis by."""
    endpoint = diagnosis.endpoint
    yield from (endpoint.server or "", endpoint.build or "", *endpoint.addresses)
    if diagnosis.closure is not None:
        yield f"{diagnosis.closure.code or ''} {diagnosis.closure.reason}"
    if diagnosis.incident is not UNSET:
        met = diagnosis.incident
        yield f"{met.exception} {met.message} {met.frame} {met.id}"
    yield from (
        each.says for f in diagnosis.findings if f.verdict == "supported" for each in f.evidence
    )
