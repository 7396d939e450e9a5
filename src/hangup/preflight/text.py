"""What preflight found, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hangup.preflight.finding import Finding, Preflight


def as_text(found: Preflight) -> str:
    """Give each finding with what the client sees and the fix, and at the end how far it looked."""
    blocks = ["\n".join(_finding(each)) for each in found.findings]
    return "\n\n".join([*blocks, "\n".join(_summary(found))])


def _finding(finding: Finding) -> Iterator[str]:
    where = f"{finding.file}:{finding.line}:{finding.column}"
    within = f", in {finding.function}" if finding.function else ""
    led = "" if finding.reachable else ", to which no handler was seen to lead"
    yield f"{where}: {finding.severity} {finding.rule}{within}{led}"
    yield f"  {finding.message}"
    yield f"  client sees: {finding.client_sees}"
    yield f"  fix: {finding.fix}"


def _summary(found: Preflight) -> Iterator[str]:
    findings = _count(len(found.findings), "finding")
    files, handlers = _count(found.files, "file"), _count(found.handlers, "WebSocket handler")
    yield f"{findings if found.findings else 'nothing found'}; {files} read, {handlers}"
    if found.suppressed:
        yield f"{_count(found.suppressed, 'finding')} exempted by comments"
    if found.tests_skipped:
        yield f"{_count(found.tests_skipped, 'file')} of tests not read"
    if not found.handlers:
        yield "no WebSocket handler was recognised, so only names and syntax were judged"
    if found.incomplete:
        yield f"not complete: {found.incomplete}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
