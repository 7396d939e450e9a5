"""Where a command's result goes: stdout, report files, traces."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct, field

from hangup.cli.failing import USAGE, complain, drop_stdout, reason_of, tell
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
    """The options that say what is written, and where; `refused` is what could not be.

    With `as_events` what is no result is written as one JSON object a line.
    """

    as_json: bool = False
    reports: tuple[str, ...] = ()
    save: str | None = None
    reproducers: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False
    color: bool = True
    as_events: bool = False
    refused: list[str] = field(default_factory=list)

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
            check_writable(option, path)
            where = os.path.realpath(path)
            if where in seen:
                raise UsageError(f"{option}: {path!r} is also the file of another output")
            seen.add(where)

    def emit(
        self,
        diagnosis: Diagnosis,
        traces: Sequence[Trace],
        *,
        printed: bool = False,
        last: str = "",
    ) -> None:
        """Print the diagnosis, unless that was done, and write the reports.

        `last` is a line for the very end of what people read.
        What cannot be written is told and stops nothing else: see `status`.
        """
        if printed:
            pass
        elif self.as_json:
            self._print_json(diagnosis)
        else:
            self._print(diagnosis, traces, last)
        self.write("--report", self.reports, lambda path: _report(path, diagnosis, traces))
        if self.save:
            raw = dump_traces(traces)
            self.write("--save", [self.save], lambda path: write_private(path, raw))

    def write(self, option: str, paths: Iterable[str], write: Callable[[Path], object]) -> None:
        """Write files one by one and name each on stderr, those too that cannot be written."""
        from pathlib import Path  # here: the first packet does not wait for it

        for path in paths:
            try:
                write(Path(path))
            except OSError as exc:
                self._refuse(f"{option}: {path!r} cannot be written: {reason_of(exc)}")
            except UsageError as exc:  # its directory went away meanwhile
                self._refuse(f"{option}: {exc}")
            else:
                self.remark(f"wrote {path}")

    @contextmanager
    def printing(self) -> Iterator[None]:
        """Be where stdout is written to; that its reader goes away, as `| head` does, is fine."""
        try:
            yield
            sys.stdout.flush()
        except BrokenPipeError:
            drop_stdout()
        except OSError as exc:
            drop_stdout()
            self._refuse(f"stdout cannot be written: {reason_of(exc)}")

    def status(self, status: int) -> int:
        """Give the exit status: the given one when all that was asked for could be written."""
        return USAGE if self.refused else status

    def remark(self, text: str, event: str = "remark", **fields: str) -> None:
        """Say something that is no result, on stderr; `fields` are what programs read of it."""
        if self.as_events:
            from hangup.report.progress_lines import progress_line  # here: programs ask for it

            tell(progress_line(event, says=text, **fields))
        elif not self.quiet:
            tell(f"{text}\n")

    def _print(self, diagnosis: Diagnosis, traces: Sequence[Trace], last: str) -> None:
        from hangup.cli.terminal import make_terminal  # here: rich is slow to import
        from hangup.report.terminal import print_diagnosis

        with self.printing():
            print_diagnosis(make_terminal(color=self.color), diagnosis, traces, self.verbose)
            print(last, end="\n" if last else "")

    def _print_json(self, diagnosis: Diagnosis) -> None:
        from hangup.report.document import diagnosis_json  # here: only asked for with --json

        with self.printing():
            sys.stdout.write(diagnosis_json(diagnosis).decode("ascii"))

    def _refuse(self, sentence: str) -> None:
        self.refused.append(sentence)
        complain(sentence, ())

    def _check_endings(self) -> None:
        if self.reports:
            from hangup.report import REPORT_ENDINGS  # here: only asked for when files are

            for path in self.reports:
                check_ending("--report", path, REPORT_ENDINGS)
        if self.reproducers:
            from hangup.report.reproduce import REPRODUCER_ENDINGS  # here: as above

            for path in self.reproducers:
                check_ending("--reproducer", path, REPRODUCER_ENDINGS)

    def _files(self) -> list[tuple[str, str]]:
        files = [("--report", path) for path in self.reports]
        files += [("--save", self.save)] if self.save is not None else []
        files += [("--reproducer", path) for path in self.reproducers]
        return files


def write_private(path: Path, raw: bytes) -> None:
    """Write what was said on connections; a file that is made for it is its owner's alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)  # as the system has them
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(raw)


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


def check_ending(option: str, path: str, endings: tuple[str, ...]) -> None:
    """Refuse a file whose name has another ending.

    Raises:
        UsageError: with those that are known.
    """
    # Of a name such as `.html` the report's writer knows no ending: it is all name.
    if os.path.splitext(path)[1].lower() not in endings:  # noqa: PTH122 - pathlib is slow to import
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UsageError(f"{option}: {path!r} must end in {known}")


def check_writable(option: str, path: str) -> None:
    """Refuse a file that could not be written; it is left as it was.

    Raises:
        UsageError: with why.
    """
    from pathlib import Path  # here: only when a file is asked for

    try:
        file = Path(path)
        parent = file.absolute().parent
        if not path:
            raise UsageError(f"{option}: it is empty")
        if file.is_dir():
            raise UsageError(f"{option}: {path!r} is a directory")
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
