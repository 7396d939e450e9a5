"""Turns how a run of hangup ended into what its caller is told."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from hangup.diagnosis import Diagnosis
from hangup.errors import HangupError
from hangup.mcp_server.child import Ended
from hangup.mcp_server.fit import Document, fit
from hangup.mcp_server.lookup import lookup_lines
from hangup.mcp_server.told import (
    CAUTION,
    answer,
    cited,
    diagnosis_lines,
    incidents_lines,
    logs_lines,
    preflight_lines,
)
from hangup.redact import Redactor
from hangup.report.escape import show

DONE = frozenset({0, 1, 3})
"""Exit statuses of a run that gave its document."""
SPEAKER = "hangup: "
"""What a complaint of the program begins with."""
WRITTEN_OUT = (
    "The credential was written out in this call, so it stands in the transcript: consider it "
    "spent, and name an environment variable the next time (env:NAME)."
)


class Answer(Struct, frozen=True):
    """What a caller is told: in words, and as a document where there is one."""

    text: str
    document: Document | None = None
    failed: bool = False


class FailedRunError(HangupError):
    """A run of hangup gave no document; its text may cite what is not ours."""


def answer_of(
    tool: str, ended: Ended, written_out: tuple[str, ...], secrets: tuple[str, ...]
) -> Answer:
    """Give the answer of a run; `written_out` are credentials that stood in the call itself.

    Raises:
        FailedRunError: it was refused, or hangup has a bug.
    """
    document = _document(ended)
    if tool in LINES:
        lines = LINES[tool](document)
    else:
        lines = diagnosis_lines(msgspec.convert(document, Diagnosis))
        document = _without_refuted(document)
    advice = ["", WRITTEN_OUT] if written_out else []
    # The run has taken out what it knew; a log, say, can hold what only the server knows.
    clean = Redactor((*written_out, *secrets)).text
    fitted = {"caution": CAUTION, **fit(document, clean)}
    return Answer(clean(answer([*lines, *advice])), fitted)


def answer_of_lookup(document: Document) -> Answer:
    """Give the answer of a look-up."""
    return Answer("\n".join(lookup_lines(document)).strip(), fit(document))


def answer_of_error(error: HangupError, secrets: Iterable[str] = ()) -> Answer:
    """Give the answer to a call that could not be done as asked: one sentence."""
    said = Redactor(secrets).text(str(error))
    if isinstance(error, FailedRunError):
        return Answer(f"{CAUTION}\n\n{cited(said)}", failed=True)
    return Answer(show(said), failed=True)


LINES = {"incidents": incidents_lines, "logs": logs_lines, "preflight": preflight_lines}


def _document(ended: Ended) -> Document:
    if ended.status in DONE:
        try:
            document = json.loads(ended.document)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            return document
    last = ended.lines[-1] if ended.lines else ""
    said = last.removeprefix(SPEAKER) or f"hangup ended with status {ended.status}"
    raise FailedRunError(said)


def _without_refuted(document: Document) -> Document:
    """Leave out what was refuted, which is nine tenths of a diagnosis, and count it."""
    kept = [each for each in document["findings"] if each["verdict"] != "refuted"]
    refuted = len(document["findings"]) - len(kept)
    note = f"{refuted} refuted findings are left out; hangup diagnose --json has them"
    notes = [*document["notes"], note] if refuted else document["notes"]
    return {**document, "findings": kept, "notes": notes}
