"""What the user gave beside the URL: the recorder's store, logs, code; read before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from hangup.cli.running import Result
from hangup.errors import UsageError

Look = Callable[[Result], Result]
"""Adds to a result what one vantage has to say of it."""


def looks(
    recorder: str | None,
    logs: Sequence[str],
    code: str | None,
    budget: float,
    secrets: Sequence[str],
) -> tuple[Look, ...]:
    """Give what is to be looked at once the run is over, in order of how sure it is.

    All is opened here, before anything is sent, so that what cannot be read is known by then.

    Raises:
        UsageError: a file or folder that was named cannot be read.
    """
    found: list[Look] = []
    if recorder is not None:
        found.append(_recorded(recorder, budget, secrets))
    if logs:
        found.append(_logged(logs, secrets))
    if code is not None:
        found.append(_coded(code))
    return tuple(found)


def _recorded(path: str, budget: float, secrets: Sequence[str]) -> Look:
    from hangup.cli.joining import join, open_recorder  # here: sqlite is slow to import

    opened = open_recorder(path)
    return lambda result: join(result, opened, budget, secrets)


def _logged(paths: Sequence[str], secrets: Sequence[str]) -> Look:
    from hangup.logs.joining import join_logs, remember  # here: only asked for with --logs

    marks = remember(tuple(paths))

    def look(result: Result) -> Result:
        if result.diagnosis.incident is not UNSET:
            return result  # the recorder knows which connection it was; a log knows the time
        told = join_logs(result.diagnosis, result.traces, marks, secrets)
        return replace(result, diagnosis=told)

    return look


def _coded(path: str) -> Look:
    from hangup.preflight.check import preflight  # here: only asked for with --code
    from hangup.preflight.suspects import with_suspects

    try:
        found = preflight(path)
    except UsageError as exc:
        raise UsageError(str(exc).replace("PATH:", "--code:", 1)) from None
    return lambda result: replace(result, diagnosis=with_suspects(result.diagnosis, found))
