"""A load as Markdown for the summary of a CI job; peer text stays text."""

from __future__ import annotations

from hangup.load.document import Closures, LoadReport
from hangup.load.report import words
from hangup.report.markdown import code, prose, table


def markdown_report(report: LoadReport) -> str:
    """Write the whole report, but for what only a drawing can show."""
    sections = (
        _head(report),
        _figures(report),
        _thresholds(report),
        _closures(report),
        _spreads(report),
        _listed("In the long run", [words.drift_words(each) for each in report.drifts]),
        _listed("Notes", list(report.notes)),
        f"{prose(words.foot(report))}.",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _head(report: LoadReport) -> str:
    marked = words.OUTCOME_WORDS[words.outcome_of(report)].upper()
    facts = f"Endpoint {code(report.url)}, begun {words.began(report)}."
    return f"# {marked}: {prose(words.headline(report))}\n\n{facts}"


def _figures(report: LoadReport) -> str:
    lines = (
        f"Connections: {words.connections_line(report)}.",
        f"Messages: {words.messages_line(report)}.",
    )
    return "\n".join(f"- {prose(line)}" for line in lines)


def _thresholds(report: LoadReport) -> str:
    ordered = sorted(report.thresholds, key=lambda each: not each.failed)
    rows = [
        (
            code(each.text),
            f"**{words.verdict_of(each)}**" if each.failed else words.verdict_of(each),
            prose(words.found(each)),
        )
        for each in ordered
    ]
    heads = ("it fails if", "answer", "found")
    return f"## Thresholds\n\n{table(heads, rows)}" if rows else ""


def _closures(report: LoadReport) -> str:
    rows = [_closure(each) for each in words.by_count(report.closures)]
    heads = ("count", "what happened", "layer", "cause", "first at", "after", "evidence")
    return f"## Endings\n\n{table(heads, rows)}" if rows else ""


def _closure(each: Closures) -> tuple[str, ...]:
    return (
        f"{each.count:,}",
        prose(each.words),
        prose(each.layer or "-"),
        prose(words.cause_words(each)),
        words.first_words(each.first),
        prose(words.after_words(each)),
        code(each.example) if each.example else "-",
    )


def _spreads(report: LoadReport) -> str:
    rows = [
        (name, *(words.percentile(spread, each) for each in words.PERCENTILES), prose(means))
        for name, means, spread in words.spreads(report)
    ]
    heads = ("", *map(words.percentile_name, words.PERCENTILES), "measured")
    return f"## Times\n\n{table(heads, rows)}" if rows else ""


def _listed(title: str, lines: list[str]) -> str:
    said = "\n".join(f"- {prose(line)}" for line in lines)
    return f"## {title}\n\n{said}" if lines else ""
