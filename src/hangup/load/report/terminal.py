"""A load on a terminal: what happened first, then the figures, complete without colour or width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from hangup.load.document import Closures, LoadReport
from hangup.load.report import words
from hangup.report.escape import show
from hangup.report.terminal import NARROWEST, VERDICT_STYLE
from hangup.report.units import duration

MOST_CLOSURES, MOST_THRESHOLDS, MOST_DRIFTS, MOST_NOTES = 4, 5, 3, 3
"""Rows shown of each; the files show all of them."""
WIDE = 76
"""Columns from which endings stand in a table; below it each is told in two lines."""
WORDS = 300
"""Characters of one sentence."""
BRIEF = ("p50", "p99", "max")
GAP = 2


def print_load(console: Console, report: LoadReport) -> None:
    """Print a run; nothing of a peer's text is taken for markup or control sequences."""
    blocks = (
        _head(console, report),
        _figures(console, report),
        _spreads(console, report),
        _closures(console, report),
        _listed(console, "In the long run", _drifts(report), MOST_DRIFTS),
        _listed(console, "Thresholds: it fails if", _thresholds(report), MOST_THRESHOLDS),
        _listed(console, "Notes", [Text(show(each, WORDS)) for each in report.notes], MOST_NOTES),
        _wrapped(console, "", Text(words.foot(report), "dim")),
    )
    text = Text("\n\n").join(Text("\n").join(block) for block in blocks if block)
    console.print(text, soft_wrap=True, highlight=False)


def _head(console: Console, report: LoadReport) -> list[Text]:
    style = VERDICT_STYLE["fault" if report.first_break else words.outcome_of(report)]
    return [
        *_wrapped(console, "", Text(show(words.headline(report), WORDS), style)),
        *_wrapped(console, "", Text(show(report.url, WORDS), "dim")),
    ]


def _figures(console: Console, report: LoadReport) -> list[Text]:
    return [
        *_wrapped(console, "connections  ", Text(words.connections_line(report))),
        *_wrapped(console, "messages     ", Text(words.messages_line(report))),
    ]


def _spreads(console: Console, report: LoadReport) -> list[Text]:
    shown = words.spreads(report)
    names = words.PERCENTILES if console.width >= WIDE else BRIEF
    heads = ["", *map(words.percentile_name, names)]
    rows = [[name, *(words.percentile(s, each) for each in names)] for name, _, s in shown]
    return _grid([heads, *rows], right=range(1, len(heads))) if rows else []


def _closures(console: Console, report: LoadReport) -> list[Text]:
    ranked = words.by_count(report.closures)
    shown, rest = ranked[:MOST_CLOSURES], ranked[MOST_CLOSURES:]
    rows = (_table if shown and console.width >= WIDE else _told)(console, shown)
    if rest:
        left = words.many(sum(each.count for each in rest), "connection")
        rows.append(Text(f"  {words.many(len(rest), 'more kind')}, {left}", "dim"))
    return [Text("Endings", "bold"), *rows] if rows else []


def _table(console: Console, closures: Sequence[Closures]) -> list[Text]:
    heads = ["count", "layer", "cause", "first at", "after"]
    head, *lines = _grid([heads, *map(_cells, closures)], right=(0,), indent=2)
    lead = max(map(len, (head, *lines))) + GAP
    widest = max(len(show(each.words, WORDS)) for each in closures)
    beside = lead + widest <= console.width
    rows = [head]
    for line, each in zip(lines, closures, strict=True):
        said = Text(show(each.words, WORDS), "" if each.wanted else "bold")
        if beside:
            line.pad_right(lead - len(line))
            rows.append(line.append_text(said))
        else:
            line.truncate(console.width, overflow="ellipsis")
            rows += [line, *_wrapped(console, " " * 9, said)]
    return rows


def _cells(each: Closures) -> list[str]:
    return [
        f"{each.count:,}",
        show(each.layer or "-", 12),
        show(words.cause_words(each), 34),
        duration(each.first.at_s),
        words.after_words(each, most=1),
    ]


def _told(console: Console, closures: Sequence[Closures]) -> list[Text]:
    rows: list[Text] = []
    for each in closures:
        said = Text(show(each.words, WORDS), "" if each.wanted else "bold")
        where = ", ".join(filter(None, (each.layer, words.cause_words(each))))
        met = f"{where}; first at {words.first_words(each.first)}"
        met += f"; after {words.after_words(each)}" if each.after else ""
        rows += _wrapped(console, f"  {each.count:,}  ", said)
        rows += _wrapped(console, "    ", Text(show(met, WORDS), "dim"))
    return rows


def _drifts(report: LoadReport) -> list[Text]:
    ordered = sorted(report.drifts, key=lambda each: not each.grows)
    return [
        Text(show(words.drift_words(each), WORDS), "bold" if each.grows else "") for each in ordered
    ]


def _thresholds(report: LoadReport) -> list[Text]:
    ordered = sorted(report.thresholds, key=lambda each: not each.failed)
    return [
        Text(words.verdict_of(each), "bold red" if each.failed else "green").append(
            f"  {show(each.text, WORDS)}  ({words.found(each)})", "none"
        )
        for each in ordered
    ]


def _listed(console: Console, title: str, items: Sequence[Text], most: int) -> list[Text]:
    rows = [Text(title, "bold")] if items else []
    for each in items[:most]:
        rows += _wrapped(console, "  ", each)
    if len(items) > most:
        rows.append(Text(f"  {len(items) - most} more", "dim"))
    return rows


def _grid(rows: list[list[str]], right: Iterable[int], indent: int = 0) -> list[Text]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = set(right)
    lines = []
    for place, row in enumerate(rows):
        cells = [
            cell.rjust(width) if i in sides else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = " " * indent + (" " * GAP).join(cells)
        lines.append(Text(line.rstrip(), "" if place else "dim"))
    return lines


def _wrapped(console: Console, lead: str, paragraph: Text) -> list[Text]:
    room = max(console.width - len(lead), NARROWEST)
    lines = list(paragraph.wrap(console, room)) or [Text()]
    for i, line in enumerate(lines):
        line.rstrip()
        lines[i] = Text(lead if i == 0 else " " * len(lead)).append_text(line)
    return lines
