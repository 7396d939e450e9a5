"""Names the findings in an endpoint's code that its verdict may come from."""

from __future__ import annotations

import msgspec

from hangup.diagnosis import Diagnosis
from hangup.preflight.finding import Finding, Preflight
from hangup.preflight.rules import BY_ID, RULES

MOST_SUSPECTS = 5
MOST_ALTERNATIVES = 3


def with_suspects(diagnosis: Diagnosis, found: Preflight) -> Diagnosis:
    """Give the diagnosis with what in the code fits its cause, before its own next steps."""
    if diagnosis.verdict == "healthy":
        return diagnosis
    causes = _causes(diagnosis)
    fitting = suspects(found, causes)
    steps = [f"Look at {_told(each)}" for each in fitting[:MOST_SUSPECTS]]
    notes = list(diagnosis.notes)
    if not fitting:
        notes.append(_nothing(found, causes))
    elif len(fitting) > MOST_SUSPECTS:
        left = len(fitting) - MOST_SUSPECTS
        notes.append(f"{left} more findings of preflight in --code fit the verdict")
    if found.incomplete:
        notes.append(f"The code was not wholly checked: {found.incomplete}")
    return msgspec.structs.replace(
        diagnosis, next_steps=(*steps, *diagnosis.next_steps), notes=tuple(notes)
    )


def suspects(found: Preflight, causes: tuple[str, ...]) -> list[Finding]:
    """Give the findings whose rules fit the causes, those of the likeliest cause first.

    Within one cause they keep the order of preflight; those that no handler leads to come last.
    """
    ranked = []
    for place, finding in enumerate(found.findings):
        fits = [causes.index(each) for each in BY_ID[finding.rule].causes if each in causes]
        if fits:
            ranked.append((not finding.reachable, min(fits), place, finding))
    return [each[3] for each in sorted(ranked, key=lambda each: each[:3])]


def _causes(diagnosis: Diagnosis) -> tuple[str, ...]:
    rivals = tuple(each.cause for each in diagnosis.alternatives[:MOST_ALTERNATIVES])
    return (diagnosis.cause, *rivals) if diagnosis.cause else rivals


def _told(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}: {finding.message} ({finding.rule}). {finding.fix}"


def _nothing(found: Preflight, causes: tuple[str, ...]) -> str:
    known = {cause for rule in RULES for cause in rule.causes}
    if not known & set(causes):
        return "No rule of preflight looks for what the verdict names, so --code adds nothing"
    return f"Preflight read {found.files} files of --code and found nothing that fits the verdict"
