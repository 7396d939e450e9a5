"""Where a command's result goes: stdout, report files, traces."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from hangup.cli.failing import tell
from hangup.cli.fields import reason_of
from hangup.diagnosis import Diagnosis
from hangup.errors import UsageError
from hangup.trace import Trace, dump_traces

if TYPE_CHECKING:
    from pathlib import Path

STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}
F = TypeVar("F", bound=Callable[..., Any])


class Lines(click.types.StringParamType):
    """Text whose environment variable holds several values on lines of their own."""

    envvar_list_splitter = "\n"


LINES = Lines()


class Output(Struct, frozen=True, kw_only=True):
    """The options that say what is written, and where."""

    as_json: bool = False
    reports: tuple[str, ...] = ()
    save: str | None = None
    reproducers: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False
    color: bool = True

    def check(self) -> None:
        """Refuse files that could not be written, before anything is sent.

        Raises:
            UsageError: with the first that is wrong.
        """
        if self.quiet and self.verbose:
            raise UsageError("--quiet: it cannot be combined with --verbose")
        self._check_endings()
        seen: set[str] = set()
        for option, path in self._files():
            _check_writable(option, path)
            where = os.path.realpath(path)
            if where in seen:
                raise UsageError(f"{option}: {path!r} is also the file of another output")
            seen.add(where)

    def emit(self, diagnosis: Diagnosis, traces: Sequence[Trace], *, printed: bool = False) -> None:
        """Print the diagnosis, unless that was done, and write the reports."""
        if printed:
            pass
        elif self.as_json:
            print_json(diagnosis)
        else:
            self._print(diagnosis, traces)
        self.write("--report", self.reports, lambda path: _report(path, diagnosis, traces))
        if self.save:
            raw = dump_traces(traces)
            self.write("--save", [self.save], lambda path: path.write_bytes(raw))

    def write(self, option: str, paths: Iterable[str], write: Callable[[Path], object]) -> None:
        """Write files one by one and name each on stderr.

        Raises:
            UsageError: when the system refuses.
        """
        from pathlib import Path  # here: the first packet does not wait for it

        for path in paths:
            try:
                write(Path(path))
            except OSError as exc:
                raise UsageError(
                    f"{option}: {path!r} cannot be written: {reason_of(exc)}"
                ) from None
            self.remark(f"wrote {path}")

    def remark(self, text: str) -> None:
        """Say something that is no result, on stderr."""
        if not self.quiet:
            tell(f"{text}\n")

    def _print(self, diagnosis: Diagnosis, traces: Sequence[Trace]) -> None:
        from hangup.cli.terminal import make_terminal  # here: rich is slow to import
        from hangup.report.terminal import print_diagnosis

        with quiet_pipe():
            print_diagnosis(make_terminal(color=self.color), diagnosis, traces, self.verbose)
            sys.stdout.flush()

    def _check_endings(self) -> None:
        if self.reports:
            from hangup.report import REPORT_ENDINGS  # here: only asked for when files are

            for path in self.reports:
                _check_ending("--report", path, REPORT_ENDINGS)
        if self.reproducers:
            from hangup.report.reproduce import REPRODUCER_ENDINGS  # here: as above

            for path in self.reproducers:
                _check_ending("--reproducer", path, REPRODUCER_ENDINGS)

    def _files(self) -> list[tuple[str, str]]:
        files = [("--report", path) for path in self.reports]
        files += [("--save", self.save)] if self.save is not None else []
        files += [("--reproducer", path) for path in self.reproducers]
        return files


class quiet_pipe:  # noqa: N801 - used as a verb, like contextlib.suppress
    """Ignores that the reader of stdout went away, as `| head` does; files are still written."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> bool:
        if not isinstance(exc, BrokenPipeError):
            return False
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return True


def print_json(diagnosis: Diagnosis) -> None:
    """Print the diagnosis document alone on stdout."""
    from hangup.report.document import diagnosis_json  # here: only asked for with --json

    with quiet_pipe():
        sys.stdout.write(diagnosis_json(diagnosis).decode("ascii"))
        sys.stdout.flush()


def output_options(command: F) -> F:
    """Add the options that every command with a diagnosis has."""
    for option in reversed(
        (
            click.option("--json", is_flag=True, help="Print the document, and only it."),
            click.option(
                "--report",
                type=LINES,
                multiple=True,
                metavar="FILE",
                help="Write a report: .html, .md, .json or .xml (JUnit). Repeatable.",
            ),
            click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
            click.option("-v", "--verbose", is_flag=True, help="Every finding and connection."),
            click.option("--no-color", is_flag=True, help="As NO_COLOR does."),
        )
    ):
        command = option(command)
    return command


def _report(path: Path, diagnosis: Diagnosis, traces: Sequence[Trace]) -> None:
    from hangup.report import write_report  # here: only asked for with --report

    write_report(path, diagnosis, traces)


def _check_ending(option: str, path: str, endings: tuple[str, ...]) -> None:
    if not path.lower().endswith(endings):
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"{option}: {path!r} must end in {known}")


def _check_writable(option: str, path: str) -> None:
    from pathlib import Path  # here: only when a file is asked for

    try:
        file = Path(path)
        parent = file.absolute().parent
        if not path or file.is_dir():
            raise UsageError(f"{option}: {path!r} is no file name")
        if not parent.is_dir():
            raise UsageError(f"{option}: the directory of {path!r} does not exist")
        _try_writing(file)
    except (OSError, ValueError) as exc:
        raise UsageError(f"{option}: {path!r} cannot be written: {reason_of(exc)}") from None


def _try_writing(file: Path) -> None:
    """Raise OSError when a file cannot be written; it is left as it was."""
    if file.exists():
        if not os.access(file, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return
    file.open("xb").close()  # permissions alone do not tell: root has them everywhere
    file.unlink()
