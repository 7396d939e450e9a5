"""The score as a page, and its chief numbers as rows."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined

from hangup.lab.score import Score
from hangup.lab.versions import versions
from hangup.report.units import percent

METHODS = {
    "lookup": "a table of close codes and statuses",
    "first_failure": "blame the first layer that failed",
}


def summary(score: Score) -> list[tuple[str, str]]:
    """Give the chief numbers, each with its name."""
    low, high = score.sure_interval
    sure = f"{score.sure_right} of {score.sure}"
    return [
        ("layer right", _of(score.layer_right, score.faulty)),
        ("cause right, or in the declared set", _of(score.cause_right, score.faulty)),
        ("false alarms", f"{score.false_alarms} of {score.healthy}"),
        ("right when 90 % sure", f"{sure} (95 % interval: {percent(low)} to {percent(high)})"),
        ("Brier score", f"{score.brier:g}"),
        ("undecided", str(score.abstained)),
        ("hung", str(score.hung)),
        ("not executed", str(score.not_executed)),
        ("median seconds, where nothing must be waited for", f"{score.median_s:.2f}"),
        ("median connections there", f"{score.median_connections:g}"),
        *held_out(score),
        *(
            (
                METHODS[name],
                f"layer {_of(found.layer_right, score.faulty)}, "
                f"cause {_of(found.cause_right, score.faulty)}, "
                f"false alarms {found.false_alarms}",
            )
            for name, found in score.baselines.items()
        ),
    ]


def held_out(score: Score) -> list[tuple[str, str]]:
    """Give the numbers of the worlds written without sight of the predictions, if any was run."""
    found = score.held_out
    if not found.worlds:
        return []
    healthy = found.worlds - found.not_executed - found.faulty
    return [
        ("held out: layer right", _of(found.layer_right, found.faulty)),
        ("held out: cause right", _of(found.cause_right, found.faulty)),
        ("held out: right when 90 % sure", _of(found.sure_right, found.sure)),
        ("held out: false alarms", f"{found.false_alarms} of {healthy}"),
        ("held out: not executed", str(found.not_executed)),
    ]


def page(score: Score) -> str:
    """Write the page; it needs no script, no network and no other file."""
    environment = Environment(
        loader=PackageLoader("hangup.lab", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("score.html.j2").render(
        score=score,
        versions=", ".join(f"{name} {number}" for name, number in versions().items()),
        summary=summary(score)[: -len(METHODS)],
        methods=list(_methods(score)),
        columns=_columns(score),
        percent=percent,
    )


def markdown(score: Score, day: str) -> str:
    """Write the chief numbers as tables for the documentation, dated and with versions."""
    made_of = ", ".join(f"{name} {number}" for name, number in versions().items())
    lines = [
        f"Measured on {day}: {_worlds(score)}, hangup {score.hangup}; {made_of}.",
        "",
        "| | |",
        "|---|---:|",
        *(f"| {name} | {value} |" for name, value in summary(score)[: -len(METHODS)]),
        "",
        "| method | layer right | cause right | false alarms |",
        "|---|---:|---:|---:|",
        *(f"| {' | '.join(map(str, row))} |" for row in _methods(score)),
        "",
        "| confidence | diagnoses | sure on average | right |",
        "|---|---:|---:|---:|",
        *(
            f"| {percent(b.low)} to {percent(b.high)} | {b.count} | {percent(b.sure)} "
            f"| {percent(b.right)} |"
            for b in score.bins
        ),
    ]
    return "\n".join((*lines, ""))


def _worlds(score: Score) -> str:
    apart = f" and {score.held_out.worlds} held out" if score.held_out.worlds else ""
    return f"{score.worlds} worlds{apart}"


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({percent(part / whole)})" if whole else "0 of 0"


def _methods(score: Score) -> Iterable[tuple[str, str, str, int]]:
    rows = [("hangup", score.layer_right, score.cause_right, score.false_alarms)]
    for name, found in score.baselines.items():
        rows.append((METHODS[name], found.layer_right, found.cause_right, found.false_alarms))
    for name, layer, cause, alarms in rows:
        yield name, _of(layer, score.faulty), _of(cause, score.faulty), alarms


def _columns(score: Score) -> list[str]:
    """Give what was found, the true layers first and in their order."""
    found = {name: None for row in score.matrix.values() for name in row}
    return [*(n for n in score.matrix if n in found), *(n for n in found if n not in score.matrix)]
