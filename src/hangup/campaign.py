"""Runs experiments under a budget, weighs what they show, and stops when it is decided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from hangup.diagnosis import Diagnosis, ExperimentRun
from hangup.experiments.baseline import BASELINE
from hangup.experiments.experiment import Experiment
from hangup.inquiry import Inquiry
from hangup.progress import Concluded, Ended, Progress, Started, Weighed
from hangup.record import Record
from hangup.trace import BROWSER, Trace
from hangup.workbench import Workbench, endings, outcome


async def investigate(inquiry: Inquiry) -> AsyncIterator[Progress]:
    """Diagnose one endpoint; the last thing told is `Concluded`."""
    workbench = Workbench(inquiry)
    running: dict[asyncio.Task[Ended], Experiment] = {}
    try:
        yield _start(workbench, running, BASELINE)
        await workbench.known_to_open(running)
        # Judging is loaded only now: the first packet has long left.
        from hangup.strategy import Strategy

        strategy = Strategy(workbench)
        while True:
            for experiment in strategy.next_experiments(tuple(running.values())):
                yield _start(workbench, running, experiment)
            if not running:
                break
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del running[task]
                yield task.result()
            yield Weighed(*strategy.weigh())
        yield Concluded(strategy.conclude(), tuple(workbench.record.traces))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _start(
    workbench: Workbench, running: dict[asyncio.Task[Ended], Experiment], experiment: Experiment
) -> Started:
    running[asyncio.create_task(workbench.run(experiment))] = experiment
    return Started(experiment.name, experiment.question)


def rejudge(traces: Sequence[Trace]) -> Diagnosis:
    """Judge recorded traces again, without any network."""
    from hangup.browsed.verdict import with_browser
    from hangup.causes import CAUSES
    from hangup.conclude import Run, conclude
    from hangup.experiments.catalogue import EXPERIMENTS
    from hangup.judge import read_signs, weigh
    from hangup.signs import SIGNS

    # A browser's are held against ours, and are no experiment; alone they are another's record.
    probed = [trace for trace in traces if trace.experiment != BROWSER] or list(traces)
    ours = {experiment.name for experiment in EXPERIMENTS}
    foreign = [trace for trace in probed if trace.experiment not in ours]
    # Our own record without its baseline has nothing to be held against; another's has its first.
    main = foreign[0].id if foreign and len(foreign) == len(probed) else None
    record = Record(probed, main=main)
    belief = weigh(read_signs(record, SIGNS), SIGNS, CAUSES)
    names = dict.fromkeys(trace.experiment for trace in probed)
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    runs = tuple(
        ExperimentRun(
            name=name,
            question=known[name].question if name in known else "recorded elsewhere",
            outcome=outcome(record, known[name]) if name in known else endings(record.of(name)),
            traces=tuple(trace.id for trace, _ in record.of(name)),
            elapsed_s=round(sum(t.events[-1].at for t, _ in record.of(name) if t.events), 3),
        )
        for name in names
    )
    url = record.baseline[0].url if record.baseline else ""
    run = Run(url=url, experiments=runs, connections=len(record.traces))
    return with_browser(conclude(record, belief, SIGNS, run), traces)
