"""The fault lab: worlds with known truth, one of them run, or all of them scored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from hangup.cli.app import CONTEXT
from hangup.cli.failing import tell
from hangup.cli.lab_expect import expect
from hangup.cli.output import Output, output_options
from hangup.cli.session import Session
from hangup.errors import UsageError

if TYPE_CHECKING:
    from hangup.lab.cases import Coverage
    from hangup.lab.running import Result
    from hangup.lab.score import Score
    from hangup.lab.world import World

FINISHED, UNEXPECTED = 0, 1
ENDINGS = (".html", ".md", ".json")


@click.group(context_settings=CONTEXT)
def lab() -> None:
    """Real servers with faults of known truth: what a diagnosis is measured against."""


lab.add_command(expect)


@lab.command(name="list", context_settings=CONTEXT)
@click.argument("words", nargs=-1, metavar="[WORD]...")
def list_worlds(words: tuple[str, ...]) -> int:
    """List the worlds whose name or truth holds every WORD, all without one."""
    for world in _chosen(words):
        from hangup.lab.parts import parts_of  # here: only now the lab is known to be there

        parts = ", ".join(parts_of(world.start))
        apart = "; held out" if world.held_out else ""
        click.echo(f"{world.name}\n    {world.truth or 'healthy'}; {parts}{apart}")
    return FINISHED


@lab.command(name="run", context_settings=CONTEXT)
@click.argument("name", metavar="NAME")
@output_options
def run_world(
    name: str,
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Start the world NAME, diagnose it, and hold the verdict against its truth."""
    output = Output(as_json=json, reports=report, quiet=quiet, verbose=verbose, color=not no_color)
    output.check()
    world = _named(name)
    from hangup.lab.names import names_known  # here: as above
    from hangup.lab.running import run

    with names_known():
        result = run(world)
    if result.diagnosis is None:
        tell(f"hangup: {result.outcome}: {result.why}\n")
        return UNEXPECTED
    output.emit(result.diagnosis, result.traces)
    output.remark(f"\ntruth: {world.truth or 'healthy'}; the verdict is {result.outcome}")
    return output.status(FINISHED if result.outcome == "right" else UNEXPECTED)


@lab.command(name="score", context_settings=CONTEXT)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--json", is_flag=True, help="Print the score as JSON.")
@click.option("--report", multiple=True, metavar="FILE", help="Write it as .html, .md or .json.")
@click.option("--against", metavar="FILE", help="Say what differs from a score saved as .json.")
@click.option("--at-once", type=click.IntRange(1, 64), metavar="N", help="Worlds at the same time.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing while it runs.")
@click.pass_obj
def score_worlds(
    session: Session,
    /,
    words: tuple[str, ...],
    json: bool,
    report: tuple[str, ...],
    against: str | None,
    at_once: int | None,
    quiet: bool,
) -> int:
    """Run the worlds whose name or truth holds every WORD, and print how often hangup was right.

    Held-out worlds, written without sight of the catalogue's predictions, are counted apart. Exit
    status 0 when every other world that ran got its true verdict, 1 when not.
    """
    _check_reports(report)
    before = _read(against) if against else None
    worlds = _chosen(words)
    from hangup.lab.missed import MISSED  # here: as above
    from hangup.lab.running import AT_ONCE, run_all
    from hangup.lab.score import score

    told = _Told(len(worlds), quiet)
    scored = score(run_all(worlds, at_once or AT_ONCE, told))
    for path in report:
        _write(path, scored)
    click.echo(_json(scored).decode() if json else _table(scored))
    if before is not None:
        tell("\n".join((*_differing(before, scored), "")))
    asserted = (row for row in scored.rows if not row.held_out and row.world not in MISSED)
    return FINISHED if all(r.outcome in ("right", "not-executed") for r in asserted) else 1


@lab.command(name="cases", context_settings=CONTEXT)
@click.option("--json", is_flag=True, help="Print the cases as JSON.")
def list_cases(json: bool) -> int:
    """Say which public cases with a known root cause are run by a world, and why others are not."""
    from hangup.lab.cases import coverage  # here: only asked for on demand

    covered = coverage()
    if json:
        click.echo(_json(covered).decode())
        return FINISHED
    click.echo(str(covered))
    for case in covered.cases:
        where = f"not run: {case.not_run}" if case.not_run else "; ".join(case.worlds)
        click.echo(f"{case.id} {case.cause or 'no cause of the catalogue'}\n    {where}")
    return FINISHED


class _Told:
    """Tells of each result on stderr as it comes."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total, self._quiet, self._count = total, quiet, 0

    def __call__(self, result: Result) -> None:
        self._count += 1
        if not self._quiet:
            why = f": {result.why}" if result.why else ""
            tell(f"{self._count}/{self._total} {result.outcome} {result.world.name}{why}\n")


def _chosen(words: Sequence[str]) -> tuple[World, ...]:
    chosen = tuple(
        world
        for world in _worlds()
        if all(word.lower() in f"{world.name} {world.truth or 'healthy'}".lower() for word in words)
    )
    if not chosen:
        raise UsageError(f"WORD: no world's name or truth holds {' and '.join(words)}")
    return chosen


def _named(name: str) -> World:
    wanted = _slug(name)
    for world in _worlds():
        if _slug(world.name) == wanted:
            return world
    raise UsageError("NAME: there is no such world; `hangup lab list` names them")


def _worlds() -> tuple[World, ...]:
    try:
        from hangup.lab.worlds import WORLDS  # here: it needs more than hangup itself
    except ImportError as exc:
        message = f"{exc.name} is not installed; install it with: pip install 'hangup[lab]'"
        raise UsageError(f"the lab: {message}") from None
    return WORLDS


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _check_reports(paths: Sequence[str]) -> None:
    for path in paths:
        if Path(path).suffix not in ENDINGS:
            raise UsageError(f"--report: {path!r} must end in .html, .md or .json")
        if not Path(path).parent.is_dir():
            raise UsageError(f"--report: the folder of {path!r} does not exist")


def _write(path: str, scored: Score) -> None:
    from hangup.lab.page import markdown, page  # here: only asked for on demand

    raw = _json(scored)
    if path.endswith(".html"):
        raw = page(scored).encode()
    elif path.endswith(".md"):
        raw = markdown(scored, f"{datetime.now(UTC):%Y-%m-%d}").encode()
    try:
        Path(path).write_bytes(raw)
    except OSError as exc:
        raise UsageError(f"--report: {path!r} cannot be written: {exc.strerror}") from None


def _read(path: str) -> Score:
    from hangup.lab.score import Score  # here: only asked for on demand

    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=Score)
    except OSError as exc:
        raise UsageError(f"--against: {path!r} cannot be read: {exc.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"--against: {path!r} is no score: {exc}") from None


def _differing(before: Score, now: Score) -> Iterator[str]:
    """Name the worlds that got another verdict than before, and count them."""
    old = {row.world: row for row in before.rows}
    both = [(old[row.world], row) for row in now.rows if row.world in old]
    other = [(a, b) for a, b in both if (a.verdict, a.cause) != (b.verdict, b.cause)]
    for a, b in other:
        yield f"{b.world}: {a.cause or a.verdict}, now {b.cause or b.verdict}"
    yield f"{len(both) - len(other)} of {len(both)} worlds got the same verdict as before"


def _json(document: Score | Coverage) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _table(scored: Score) -> str:
    from hangup.lab.page import summary  # here: as above

    width = max(len(name) for name, _ in summary(scored))
    lines = [f"{name:<{width}}  {value}" for name, value in summary(scored)]
    wrong = [row for row in scored.rows if row.outcome != "right"]
    lines += [f"\n{row.outcome}: {row.world}\n    {row.why}" for row in wrong]
    return "\n".join(lines)
