"""How sure a verdict is, and of what."""

from __future__ import annotations

from hangup.diagnosis import Diagnosis
from hangup.report.units import percent


def sure(diagnosis: Diagnosis) -> str:
    """Say it in words; of nothing decided nothing can be said."""
    share = f"{percent(diagnosis.confidence)} sure"
    if diagnosis.verdict == "inconclusive":
        return ""
    if diagnosis.verdict == "healthy":
        return share
    return f"{share} of the {'cause' if diagnosis.cause else 'layer'}"
