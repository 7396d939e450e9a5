"""One look: a whole diagnosis, and what of it a watch goes by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

import msgspec
from msgspec import Struct

from hangup.diagnosis import Diagnosis
from hangup.event import TlsEstablished
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Progress
from hangup.redact import Redactor
from hangup.report.document import diagnosis_json
from hangup.trace import Trace
from hangup.watching.words import Look, State

GRACE = 2.0
"""Seconds that a diagnosis may take beyond its budget before the look is given up."""
MOST_DIAGNOSIS = 512 * 1024
"""Bytes of a document that is kept whole; of a larger one, what was refuted is left out."""
Investigate = Callable[[Inquiry], AsyncIterator[Progress]]


class Watched(Struct, frozen=True):
    """An endpoint that is watched: its URL without credentials, and what is asked of it."""

    url: str
    inquiry: Inquiry
    redactor: Redactor

    def __repr__(self) -> str:
        return f"Watched({self.url!r})"  # the inquiry holds credentials


def watched(inquiry: Inquiry, secrets: Sequence[str]) -> Watched:
    """Give what is watched for an order and all secrets in it."""
    redactor = Redactor(secrets)
    return Watched(redactor.text(inquiry.endpoint.url), inquiry, redactor)


async def look_at(one: Watched, investigate: Investigate) -> Look:
    """Diagnose an endpoint once; what goes wrong with ourselves makes the state `unknown`."""
    at, began = time.time(), time.monotonic()
    try:
        async with asyncio.timeout(one.inquiry.budget + GRACE):
            found = await _concluded(one.inquiry, investigate)
    except TimeoutError:
        why = "The diagnosis did not end within its budget."
        return _unknown(one, at, time.monotonic() - began, why)
    except Exception as exc:  # noqa: BLE001 - a bug in one look must not end the watch
        why = f"The diagnosis crashed: {type(exc).__name__}: {exc}"
        return _unknown(one, at, time.monotonic() - began, why)
    return _look(one, at, found)


async def _concluded(inquiry: Inquiry, investigate: Investigate) -> Concluded:
    # That it can be closed is how a cancelled look ends its connections before we go on.
    steps = cast("Any", investigate(inquiry))
    async with aclosing(steps):
        async for step in steps:
            if isinstance(step, Concluded):
                return step
    raise EOFError("it ended without a verdict")


def _unknown(one: Watched, at: float, elapsed: float, why: str) -> Look:
    return Look(
        url=one.url,
        at=at,
        state=State("unknown"),
        summary=one.redactor.text(why)[:500],
        elapsed_s=round(elapsed, 3),
    )


def _look(one: Watched, at: float, found: Concluded) -> Look:
    diagnosis = found.diagnosis
    fault = diagnosis.verdict == "fault"
    return Look(
        url=one.url,
        at=at,
        state=State(
            diagnosis.verdict,
            diagnosis.layer if fault else None,
            diagnosis.cause if fault else None,
        ),
        confidence=diagnosis.confidence,
        summary=diagnosis.summary,
        elapsed_s=diagnosis.elapsed_s,
        connections=diagnosis.connections,
        server=diagnosis.endpoint.server,
        build=diagnosis.endpoint.build,
        certificate_end=certificate_end(found.traces),
        diagnosis=_bounded(diagnosis),
    )


def certificate_end(traces: Sequence[Trace]) -> float | None:
    """Give when the first certificate ends that the endpoint showed, in seconds since the epoch.

    A root that is sent along is no part of what is verified (RFC 8446, 4.4.2), so its end is none.
    """
    first = traces[0].url if traces else ""
    shown = (tls for t in traces if t.url == first for tls in t.all(TlsEstablished))
    ends = [
        certificate.not_after
        for tls in shown
        for number, certificate in enumerate(tls.chain)
        if certificate.not_after is not None and not (number and certificate.self_signed)
    ]
    return min(ends, default=None)


def _bounded(diagnosis: Diagnosis) -> bytes:
    whole = diagnosis_json(diagnosis)
    if len(whole) <= MOST_DIAGNOSIS:
        return whole
    kept = tuple(each for each in diagnosis.findings if each.verdict == "supported")
    short = diagnosis_json(msgspec.structs.replace(diagnosis, findings=kept, untested=()))
    return short if len(short) <= MOST_DIAGNOSIS else b""
