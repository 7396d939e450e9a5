"""Diagnoses an embedded backend with a known fault, and says what its first testers said."""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hangup.cli.app import CONTEXT
from hangup.cli.archiving import archive_diagnosis
from hangup.cli.failing import INCONCLUSIVE, INTERRUPTED
from hangup.cli.output import Output, output_options
from hangup.cli.running import Result, run
from hangup.cli.session import Session
from hangup.credentials import secrets_of
from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.report.live import Live

if TYPE_CHECKING:
    from hangup.demo.original_report import OriginalReport
    from hangup.demo.worlds import DemoWorld, RunningWorld

DEFAULT_REPORT = "hangup-demo.html"
SCHEMA = "hangup.demo/1"
AS_KNOWN, OTHERWISE = 0, 1
LEFT = 40
"""Columns that the longest name of an original test needs."""
TOLD = {
    "no-credential": "without a credential",
    "idle": "saying nothing",
    "bypass": "past the proxy",
}
"""Experiments that answer the original report, and what they do."""
DOUBTED = ("message", "proxy")
"""Layers that were blamed at the time."""


@click.command(context_settings=CONTEXT)
@click.argument("names", nargs=-1, metavar="[NAME]")
@click.option(
    "--list",
    "listing",
    is_flag=True,
    envvar="HANGUP_LIST",
    help="Name the demos and what each is about.",
)
@output_options
@click.pass_obj
def demo(
    session: Session,
    /,
    names: tuple[str, ...],
    listing: bool,
    json: bool,
    report: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Start the backend of the demo NAME (default: incident) here, and diagnose it.

    The report goes to hangup-demo.html unless --report says otherwise. Exit status: 0 when the
    known fault was found, 1 when another was, 3 inconclusive.
    """
    world = _chosen(names)
    if listing:
        _list()
        return 0
    output = Output(
        as_json=json,
        reports=report or (_default_report(),),
        quiet=quiet,
        verbose=verbose,
        color=not no_color,
    )
    output.check()
    with world.start() as running:
        session.secrets.extend(secrets_of(running.inquiry.endpoint, running.inquiry.bypass))
        output.remark(f"{world.name}: {world.story}\nIt runs at {running.url}.")
        original = _original_report(running)
        with Live(sys.stderr, quiet=output.quiet, verbose=output.verbose) as live:
            result = run(running.inquiry, session, live.tell)
    _emit(output, world, original, result)
    archive_diagnosis(output, result, None)
    return output.status(INTERRUPTED if result.interrupted else _status(world, result))


def _chosen(names: tuple[str, ...]) -> DemoWorld:
    from hangup.demo.worlds import WORLDS  # here: the lab is no part of a diagnosis

    if len(names) > 1:
        raise UsageError(f"NAME: one is wanted, not {len(names)}")
    name = names[0] if names else WORLDS[0].name
    for world in WORLDS:
        if world.name == name:
            return world
    raise UsageError(f"NAME: there is no demo {name!r}; known are {', '.join(_names())}")


def _names() -> list[str]:
    from hangup.demo.worlds import WORLDS  # here: as above

    return [world.name for world in WORLDS]


def _list() -> None:
    from hangup.demo.worlds import WORLDS  # here: as above

    for world in WORLDS:
        print(f"{world.name:12} {world.story}")


def _default_report() -> str:
    """Give the report's place: the current directory, or a new one where temporary files go.

    Others write there too, and could have put a link of that name.
    """
    if os.access(".", os.W_OK):
        return DEFAULT_REPORT
    return str(Path(tempfile.mkdtemp(prefix="hangup-")) / DEFAULT_REPORT)


def _original_report(running: RunningWorld) -> OriginalReport | None:
    """Run the studied incident's own tests where that incident is what runs."""
    if running.world.name != "incident":
        return None
    import asyncio  # here: so that --list and mistakes answer at once

    from hangup.demo.original_report import run_original_report

    return asyncio.run(run_original_report(running.url, running.token))


def _emit(
    output: Output, world: DemoWorld, original: OriginalReport | None, result: Result
) -> None:
    if output.as_json:
        _print_json(output, original, result)
    elif original:
        _print_comparison(output, original, result)
    output.emit(result.diagnosis, result.traces, printed=output.as_json, last=result.last)
    if not output.as_json:
        truth = world.truth_cause or "healthy"
        output.remark(f"Known truth: {truth}.")


def _print_json(output: Output, original: OriginalReport | None, result: Result) -> None:
    import json  # here: only asked for with --json

    from hangup.report.document import diagnosis_json

    document = {**json.loads(diagnosis_json(result.diagnosis)), "schema": SCHEMA}
    if original:
        document["original_report"] = original.summary()
    with output.printing():
        print(json.dumps(document, indent=2))


def _print_comparison(output: Output, original: OriginalReport, result: Result) -> None:
    """Print what the incident's own tests say beside what is found here."""
    from rich.table import Table  # here: rich is slow to import
    from rich.text import Text

    from hangup.cli.terminal import make_terminal
    from hangup.report.escape import show

    table = Table(expand=True, box=None, padding=(0, 2, 0, 0))
    table.add_column("What its own tests report", width=LEFT)
    table.add_column("What hangup finds")
    tests = [f"{test.outcome} {test.name}" for test in original.tests]
    for left, right in zip_longest([*tests, original.conclusion], _found(result), fillvalue=""):
        table.add_row(Text(show(left, None)), Text(show(right, None)))
    with output.printing():
        console = make_terminal(color=output.color)
        console.print(table)
        console.print()


def _found(result: Result) -> list[str]:
    """Give what answers the original report, in short lines."""
    diagnosis = result.diagnosis
    lines = [f"{diagnosis.verdict}: {diagnosis.cause or diagnosis.layer or 'no layer'}"]
    outcomes = {run.name: run.outcome.rpartition(": ")[2] for run in diagnosis.experiments}
    first = outcomes.get("baseline", "nothing")
    lines.append(f"with the credential: {first}")
    for name, words in TOLD.items():
        if name in outcomes:
            same = outcomes[name] == first
            lines.append(f"{words}: {'the same' if same else outcomes[name]}")
    refuted = [layer for layer in DOUBTED if _is_refuted(diagnosis, layer)]
    lines += [f"refuted: {layer}, in all {_count(diagnosis, layer)} causes" for layer in refuted]
    return lines


def _is_refuted(diagnosis: Diagnosis, layer: str) -> bool:
    verdicts = {f.verdict for f in diagnosis.findings if f.cause.startswith(f"{layer}.")}
    return verdicts == {"refuted"}


def _count(diagnosis: Diagnosis, layer: str) -> int:
    return sum(f.cause.startswith(f"{layer}.") for f in diagnosis.findings)


def _status(world: DemoWorld, result: Result) -> int:
    diagnosis = result.diagnosis
    if diagnosis.verdict == "inconclusive":
        return INCONCLUSIVE
    right = diagnosis.cause in (world.truth_cause, *world.also_right)
    return AS_KNOWN if right else OTHERWISE
