"""The process of a function that is a check: calls it, and reports what became of it."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import importlib.util
import inspect
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, NoReturn

from msgspec import convert

from hangup.plan.calling import MAIN, Call, Given
from hangup.plan.frames import Place, awaited_at, innermost, place_words, raised_at

ALONE = 2.0
"""Seconds after the deadline at which the kernel ends a process that nobody else has ended."""
CLEANING = 0.4
"""Seconds in which a coroutine may end in order once it is cancelled."""
MOST_SAID = 300
IMPORTED = "__hangup_main__"
"""The name under which a program is imported whose own functions are checks."""


def main(order: dict[str, Any]) -> None:
    """Do what is ordered and end the process; nothing that it started can keep it alive."""
    report, until = _private_report(), float(order["until"])
    left = max(until - time.monotonic(), 0.01)
    faulthandler.enable(report)
    faulthandler.dump_traceback_later(left, file=report)
    # Whoever ordered this may be gone; the kernel needs no lock of ours to end it.
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, left + ALONE)
    unawaited = _watch_for_unawaited()
    try:
        call, given = convert(order["call"], Call), convert(order["given"], Given)
        returned = _function(call)(given)
        if inspect.isawaitable(returned):
            returned = _awaited(returned, until, report)
        what = _unrun(returned)
        del returned
        gc.collect()
        problem = what or next(iter(unawaited), "")
    except BaseException as exc:  # noqa: BLE001 - SystemExit too is no way to pass
        _finish(report, "failed", *_failure(exc))
    _finish(report, "failed" if problem else "passed", problem or "it returned")


def _private_report() -> int:
    """Take stdout for our report, and give the user's code a null device for its streams."""
    report = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    return report


def _finish(report: int, outcome: str, says: str, where: str = "") -> NoReturn:
    _tell(report, outcome, says, where)
    os._exit(0)


def _tell(report: int, outcome: str, says: str, where: str) -> None:
    faulthandler.cancel_dump_traceback_later()
    told = json.dumps({"outcome": outcome, "says": says[:MOST_SAID], "where": where})
    os.write(report, f"\n{told}\n".encode())


def _function(call: Call) -> Callable[[Given], Any]:
    found: Any = _program(call.file) if call.file else importlib.import_module(call.module)
    for name in call.function.split("."):
        found = getattr(found, name)
    if not callable(found):
        raise TypeError(f"{call.words} is no function")
    function: Callable[[Given], Any] = found
    return function


def _program(file: str) -> ModuleType:
    """Import a program under another name, so that it does not run as one."""
    sys.path.insert(0, os.path.dirname(file))  # noqa: PTH120 - as Python does for a script
    spec = importlib.util.spec_from_file_location(IMPORTED, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[IMPORTED] = sys.modules[MAIN] = module
    spec.loader.exec_module(module)
    return module


def _awaited(awaitable: Awaitable[Any], until: float, report: int) -> Any:
    import asyncio  # here: functions need none

    async def wait() -> Any:
        task = asyncio.ensure_future(awaitable)
        await asyncio.wait({task}, timeout=max(until - time.monotonic(), 0))
        if not task.done():
            place = innermost(awaited_at(awaitable))
            _tell(report, "hung", "", place_words(place) if place else "")
            task.cancel()
            await asyncio.wait({task}, timeout=CLEANING)
            os._exit(0)
        return task.result()

    runner = asyncio.Runner()  # never closed: that would wait for what was left running
    return runner.run(wait())


def _unrun(returned: object) -> str:
    """Say what was returned of which nothing was run, nothing when it is a mere value."""
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        return "it gave a generator, of which nothing was run"
    if inspect.isawaitable(returned):
        return "it gave something to be awaited that nobody awaited"
    return ""


def _watch_for_unawaited() -> list[str]:
    """Give a list in which coroutines are told that nobody awaited: what they test was not run."""
    told: list[str] = []

    def note(message: Warning | str, *more: object, **others: object) -> None:
        if "was never awaited" in str(message):
            told.append(str(message))

    warnings.filterwarnings("always", ".*was never awaited", RuntimeWarning)
    warnings.showwarning = note
    return told


def _failure(exc: BaseException) -> tuple[str, str]:
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    place = innermost(raised_at(exc.__traceback__))
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        place = Place(exc.filename, exc.lineno, "<module>")
    return f"{type(exc).__name__}{_text(exc)}", place_words(place) if place else ""


def _text(exc: BaseException) -> str:
    try:
        text = " ".join(str(exc).split())
    except Exception:  # noqa: BLE001 - an exception that cannot be told is still one
        return ", which cannot be told"
    return f": {text}" if text else ""
