"""Runs the tests in a process of their own, which is replaced when one of them cannot be ended.

A test that blocks in C code and keeps the interpreter's lock can be ended by nobody in its own
process. Its stack is written by a thread of C (faulthandler), the process is killed, and another
one goes on with the next test. Fixtures of a wider scope are then set up again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import IO, Any, NoReturn

import pytest

from hangup.pytest_plugin.places import dumped

DUMPED, KILLED = 0.4, 0.7
"""Seconds after a deadline at which the stack is written, and at which the process is killed."""
AFTER_A_HANG = 0.3
"""Seconds that the fixtures of a test that hung may take to end."""
ENDING = 5.0
"""Seconds that fixtures of a wider scope may take to end in a process that is given up."""
HUNG, STUCK = pytest.StashKey[bool](), pytest.StashKey[bool]()
"""Set for a test that did not end by its deadline, and for one whose fixtures then did not either.

What is stuck in a process would hold up a later test, whenever it is collected as garbage.
"""
Seconds = Callable[[pytest.Item, str], float | None]
"""Gives what a step (setup, call or teardown) of a test may take; None for ever."""


def possible(config: pytest.Config) -> bool:
    """Whether this run's tests can be run in another process: no debugger, no other distributor."""
    plugins = config.pluginmanager
    return (
        hasattr(os, "fork")
        and bool(config.getini("hangup_apart"))
        and not hasattr(config, "workerinput")
        and not (plugins.hasplugin("dsession") or plugins.hasplugin("_cov"))
        and not (config.getoption("usepdb", False) or config.getoption("trace", False))
    )


class Apart:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, seconds: Seconds, stacks: IO[str]) -> None:
        self._seconds, self._stacks = seconds, stacks

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run all tests, in one process after the other where they must be ended."""
        failed = session.testsfailed and not session.config.option.continue_on_collection_errors
        if failed or session.config.option.collectonly:
            return None
        at = 0
        while at < len(session.items) and not (session.shouldfail or session.shouldstop):
            at = _Run(session, at, self._seconds, self._stacks).follow()
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        return True


class _Run:
    """One process, from one test on; this side of it."""

    def __init__(self, session: pytest.Session, at: int, seconds: Seconds, stacks: IO[str]) -> None:
        self._session, self._at, self._seconds, self._stacks = session, at, seconds, stacks
        self._step, self._hung = "setup", False
        self._until: float | None = None
        stacks.seek(0)
        stacks.truncate()
        sys.stdout.flush()
        sys.stderr.flush()
        self._ours, theirs = Pipe(duplex=False)
        self._pid = 0
        if sys.platform == "win32":  # see `possible`
            raise NotImplementedError
        self._pid = os.fork()
        if self._pid == 0:
            _work(session, at, theirs)
        theirs.close()

    def follow(self) -> int:
        """Pass on what is reported, until all is done or one test had to be ended."""
        try:
            while self._ours.poll(self._left()):
                kind, *told = self._ours.recv()
                if kind == "done":
                    return len(self._session.items)
                if kind == "given-up":
                    break
                self._pass_on(kind, told)
            else:
                self._ended(f"hung: it did not end within {self._limit():g} s")
        except EOFError:
            self._ended("")
        finally:
            self._kill()
        return self._at + 1

    def _left(self) -> float | None:
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def _limit(self) -> float:
        if self._hung:
            return AFTER_A_HANG
        return self._seconds(self._session.items[self._at], self._step) or 0.0

    def _pass_on(self, kind: str, told: list[Any]) -> None:
        hook = self._session.config.hook
        if kind == "item":
            self._at, self._step, self._hung = told[0], "setup", False
        elif kind == "report":
            self._step = "call" if told[0]["when"] == "setup" else "teardown"
            config = self._session.config
            report = hook.pytest_report_from_serializable(config=config, data=told[0])
            self._hung = told[1]
            hook.pytest_runtest_logreport(report=report)
        elif kind == "ending":
            self._until = time.monotonic() + ENDING
            return
        elif kind == "exit":
            pytest.exit(*told)
        elif kind == "bug":
            raise RuntimeError(told[0])
        elif kind == "warning":
            hook.pytest_warning_recorded.call_historic(kwargs=told[0])
        else:
            getattr(hook, kind)(**told[0])
        limit = self._limit()
        self._until = time.monotonic() + limit + KILLED if limit else None

    def _ended(self, says: str) -> None:
        """Report the test that was running when its process was ended, or ended by itself."""
        item, status = self._session.items[self._at], self._kill()
        if not self._hung:  # else it was told of, and only its fixtures did not end
            self._report(item, says, status)
        logfinish = self._session.config.hook.pytest_runtest_logfinish
        logfinish(nodeid=item.nodeid, location=item.location)

    def _report(self, item: pytest.Item, says: str, status: int) -> None:
        says = says or f"crashed: its process ended with {_exit(status)}"
        self._stacks.seek(0)
        report = pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome="failed",
            longrepr=f"{says}\n{dumped(self._stacks.read())}".rstrip(),
            when="call",
            duration=self._limit(),
        )
        self._session.config.hook.pytest_runtest_logreport(report=report)

    def _kill(self) -> int:
        if sys.platform == "win32":
            raise NotImplementedError
        if not self._pid:
            return 0
        os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status


def _exit(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"status {code}"


def _work(session: pytest.Session, at: int, pipe: Connection) -> NoReturn:
    """Run the tests from one on, tell of each, and be gone without what is done at an exit."""
    try:
        _run_all(session, at, pipe)
    except pytest.exit.Exception as exc:
        pipe.send(("exit", exc.msg, exc.returncode))
    except KeyboardInterrupt:
        pass
    except BaseException:  # noqa: BLE001 - the other side raises it again
        pipe.send(("bug", traceback.format_exc()))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _run_all(session: pytest.Session, at: int, pipe: Connection) -> None:
    plugins, items = session.config.pluginmanager, session.items
    plugins.unregister(name="terminalreporter")
    telling = _Telling(session.config, pipe)
    plugins.register(telling, "hangup-telling")
    telling.began = True
    for place in range(at, len(items)):
        pipe.send(("item", place))
        telling.item = items[place]
        following = items[place + 1] if place + 1 < len(items) else None
        items[place].config.hook.pytest_runtest_protocol(item=items[place], nextitem=following)
        if session.shouldfail or session.shouldstop:
            break
        if items[place].stash.get(STUCK, False):
            pipe.send(("ending",))
            with contextlib.suppress(Exception):  # what they fail with was told or is past telling
                session._setupstate.teardown_exact(None)
            pipe.send(("given-up",))
            return
    pipe.send(("done",))


class _Telling:
    """Tells the other process what pytest tells its plugins here."""

    def __init__(self, config: pytest.Config, pipe: Connection) -> None:
        self._config, self._pipe = config, pipe
        self.item: pytest.Item | None = None
        self.began = False  # who registers is told again of all warnings so far

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        """Tell that a test begins."""
        self._pipe.send(("pytest_runtest_logstart", {"nodeid": nodeid, "location": location}))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell what became of one step of a test."""
        hook, hung = self._config.hook, bool(self.item and self.item.stash.get(HUNG, False))
        data = hook.pytest_report_to_serializable(config=self._config, report=report)
        self._pipe.send(("report", data, hung))

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        """Tell that a test is over."""
        self._pipe.send(("pytest_runtest_logfinish", {"nodeid": nodeid, "location": location}))

    def pytest_warning_recorded(
        self, warning_message: Any, when: str, nodeid: str, location: Any
    ) -> None:
        """Tell of a warning; one that cannot be sent is told by its words."""
        if not self.began:
            return
        told = {
            "warning_message": warning_message,
            "when": when,
            "nodeid": nodeid,
            "location": location,
        }
        try:
            self._pipe.send(("warning", told))
        except Exception:  # noqa: BLE001 - whatever a warning holds may refuse to be sent
            words = Warning(str(warning_message.message))
            warning_message.message, warning_message.category = words, Warning
            warning_message.source = None
            self._pipe.send(("warning", told))


def stacks_file() -> IO[str]:
    """Give a file that goes when the run is over, for the stacks of what was killed."""
    return tempfile.TemporaryFile("w+", encoding="utf-8", prefix="hangup-")
