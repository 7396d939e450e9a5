"""A run of a plan as Markdown that can be pasted into an issue; peer text stays text."""

from __future__ import annotations

from datetime import UTC, datetime

from hangup.plan.report.account import Account, Blamed, Row
from hangup.report.markdown import code, fenced, prose, table
from hangup.report.units import duration


def markdown_report(account: Account) -> str:
    """Write the whole report."""
    sections = (
        _head(account),
        _results(account),
        _skipped(account),
        _layers(account),
        _claims(account),
        _closings(account),
        _impact(account),
        _steps(account),
        _commands(account),
        f"Written by hangup {prose(account.hangup)}.",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def when(account: Account) -> str:
    """Say when a run began, in UTC."""
    return datetime.fromtimestamp(account.began, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def happened(row: Row) -> str:
    """Say what happened in a check, and where it stood."""
    stood = f"it stood at {row.where}" if row.where else ""
    return "; ".join(filter(None, (row.says, stood)))


def outcome(row: Row) -> str:
    """Say a check's outcome."""
    return row.told if row.required else f"{row.told} (not required)"


def _head(account: Account) -> str:
    verdict = "PASSED" if account.passed else "FAILED"
    facts = [f"Plan {code(account.plan)}"]
    facts += [f"environment {code(account.environment)}"] if account.environment else []
    facts += [f"build {', '.join(map(code, account.builds))}"] if account.builds else []
    facts += [f"run {code(account.run)}"] if account.run else []
    facts.append(f"begun {when(account)}, {duration(account.elapsed_s)}")
    return f"# {verdict}: {prose(account.summary)}\n\n{', '.join(facts)}."


def _results(account: Account) -> str:
    rows = [
        (
            prose(row.phase),
            prose(row.check),
            f"**{prose(outcome(row))}**" if not row.as_expected else prose(outcome(row)),
            duration(row.elapsed_s) if row.outcome != "not-run" else "-",
            prose(happened(row)),
        )
        for row in account.rows
    ]
    heads = ("phase", "check", "outcome", "time", "what happened")
    return f"## Results\n\n{table(heads, rows)}" if rows else ""


def _skipped(account: Account) -> str:
    lines = [
        f"- {prose(each.phase)}: {prose(each.why)}; it would have told: "
        f"{', '.join(map(prose, each.would_tell))}"
        for each in account.skipped
    ]
    return _section("Phases that were not run", lines)


def _layers(account: Account) -> str:
    rows = [
        (
            prose(each.check),
            prose(each.layer or "none"),
            code(each.cause) if each.cause else "undecided",
            prose(each.sure or each.verdict),
            prose(each.summary),
        )
        for each in account.blamed
    ]
    heads = ("check", "layer", "cause", "how sure", "diagnosis")
    lines = [line for each in account.blamed for line in _grounds(each)]
    found = "\n\n" + "\n".join(lines) if lines else ""
    return f"## Layer\n\n{table(heads, rows)}{found}" if rows else ""


def _grounds(blamed: Blamed) -> list[str]:
    lines = [f"  - {prose(each)}" for each in blamed.evidence]
    lines += [f"  - refuted: {prose(blamed.refuted)}"] if blamed.refuted else []
    return [f"- {prose(blamed.check)}", *lines] if lines else []


def _claims(account: Account) -> str:
    rows = [(prose(c.claim), prose(c.verdict), prose(c.evidence)) for c in account.claims]
    return f"## Hypotheses\n\n{table(('claim', 'verdict', 'evidence'), rows)}" if rows else ""


def _closings(account: Account) -> str:
    rows = [
        (prose(c.met), prose(c.who), prose(c.means), ", ".join(map(prose, c.checks)))
        for c in account.closings
    ]
    heads = ("met", "who", "what it can mean", "checks")
    return f"## Closures\n\n{table(heads, rows)}" if rows else ""


def _impact(account: Account) -> str:
    rows = [
        (
            prose(each.capability),
            f"**{each.state}**" if each.state != "working" else each.state,
            prose(each.amount),
            prose(each.because),
        )
        for each in account.affected
    ]
    if not rows:
        return ""
    heads = ("capability", "state", "worth", "because")
    total = f"\n\nBlocked in all: {prose(account.blocked)}." if account.blocked else ""
    return f"## Impact\n\n{table(heads, rows)}{total}"


def _steps(account: Account) -> str:
    return _section("Next steps", [f"1. {prose(step)}" for step in account.steps])


def _commands(account: Account) -> str:
    lines = []
    for each in account.commands:
        needs = f" ({each.needs})" if each.needs else ""
        lines += [f"# {each.purpose}{needs}", each.line]
    return f"## To repeat it\n\n{fenced(lines, 'sh')}"


def _section(title: str, lines: list[str]) -> str:
    return f"## {title}\n\n" + "\n".join(lines) if lines else ""
