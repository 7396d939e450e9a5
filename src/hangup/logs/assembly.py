"""Puts stacks together from lines that come one at a time, of several writers in turn."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from hangup.incident import Caught, CloseTried, Kind
from hangup.logs.clean import clean, clean_path
from hangup.logs.frames import innermost, phase_of
from hangup.logs.line import LONGEST, Line, stacks_of
from hangup.logs.python_stack import HEADER, LINGER, Failure, PythonStack
from hangup.logs.script_stack import LOOK_BACK, ScriptStack, is_frame
from hangup.logs.shortcomings import Shortcomings, is_suspect
from hangup.logs.stamps import without_stamp
from hangup.logs.structured import flagged_without_stack, structured_failures

MOST_WRITERS = 500
MOST_OPEN, MOST_UNFINISHED = 20, 200
"""Stacks of one writer, and of all of them, that are unfinished at the same time."""
MOST_PARTIAL = 64 * 1024
"""Characters of a line that is put together again."""
MOST_CHAIN = 20
"""Exceptions that led to one which are told."""
NEARBY = 6
"""Lines after an incident in which the close that it led to is looked for."""
TOGETHER = 3.0
"""Seconds by which such a line may be later."""
_BEGINS = re.compile(
    r"(?P<before>.*?)(?:(?<! ) *+\+ Exception Group |╭─++ ?)?"
    r"Traceback \(most recent call last\):?[\s─╮]*+$"
)
_CLOSE = re.compile(
    r"(?i:\bclos(?:e|ed|ing)\b|\breceived|\bsent)[^\d\n]{0,40}?\b(?P<code>1\d{3}|[34]\d{3})\b"
    r"(?:[\s,(]*(?:reason\W{1,2})?(?P<quote>['\"])(?P<reason>[^'\"\n]{0,123})(?P=quote))?"
)
_NEVER = re.compile(
    r"(?<![^\s:])(?P<file>[^\s:]++):(?P<line>\d++): RuntimeWarning: "
    r"(?P<text>coroutine '[^'\n]{1,300}' was never awaited)"
)
_TRACEPARENT = re.compile(r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b")
_HANGUP_ID = re.compile(r"(?i)x-hangup-id\W{1,6}(?P<id>[\w-]{4,64})")
_NOT_LEGAL = (1004, 1005, 1006, 1015)


class _Open(Struct):
    """A stack that is not over: `prefix` is what its writer puts before each line."""

    stack: PythonStack | ScriptStack
    line: Line
    prefix: str = ""
    strict: bool = False
    kind: Kind = "exception"
    begun: int = 0


class _Writer(Struct):
    """What is remembered of one writer."""

    at: float | None = None
    recent: deque[Line] = field(default_factory=lambda: deque(maxlen=LOOK_BACK))
    count: int = 0
    open: list[_Open] = field(default_factory=list)

    def last(self, number: int) -> list[str]:
        """Give the texts of the last lines that belonged to no stack."""
        return [line.text for line in self.recent][-number:]


class _Waiting(Struct):
    """An incident, or a suspicious line, until the lines after it have been seen."""

    writer: str
    left: int = NEARBY
    caught: Caught | None = None
    suspect: str = ""


class Assembly:
    """Takes lines in order, gives incidents once the lines after them are known."""

    def __init__(self, shortcomings: Shortcomings) -> None:
        self._missing = shortcomings
        self._writers: OrderedDict[str, _Writer] = OrderedDict()
        self._waiting: list[_Waiting] = []
        self._partial: dict[str, Line] = {}
        self._unfinished = 0

    @property
    def idle(self) -> bool:
        """Whether the next line is of no interest by what came before."""
        return not (self._waiting or self._unfinished or self._partial)

    def feed(self, line: Line) -> Iterator[Caught]:
        """Take one line; lines that a runtime cut are joined first."""
        whole = self._joined(line)
        if whole is None:
            return
        writer = self._writer(whole)
        if whole.at is not None:
            writer.at = whole.at
        told = bool(whole.fields or "\n" in whole.text) and self._of_record(whole, writer)
        if told or "\n" in whole.text or not self._of_line(whole, writer):
            yield from self._step(whole)

    def flush(self) -> Iterator[Caught]:
        """Give what is left when there is no further line."""
        for writer in self._writers.values():
            for each in writer.open:
                self._finish(each, writer)
            writer.open.clear()
        self._unfinished = 0
        self._partial.clear()
        yield from self._released(everything=True)

    def _joined(self, line: Line) -> Line | None:
        before = self._partial.pop(line.writer, None)
        if before and len(before.text) < MOST_PARTIAL:
            line = msgspec.structs.replace(line, text=before.text + line.text, at=before.at)
        if line.partial:
            self._partial[line.writer] = msgspec.structs.replace(line, fields={})
            if len(self._partial) > MOST_WRITERS:
                del self._partial[next(iter(self._partial))]
            return None
        return line

    def _writer(self, line: Line) -> _Writer:
        writer = self._writers.get(line.writer)
        if writer is None:
            writer = self._writers[line.writer] = _Writer()
            if len(self._writers) > MOST_WRITERS:
                _, gone = self._writers.popitem(last=False)
                self._unfinished -= len(gone.open)
        self._writers.move_to_end(line.writer)
        return writer

    def _of_record(self, line: Line, writer: _Writer) -> bool:
        """Find the stacks that stand in one record, whole; whether there was anything."""
        texts = list(stacks_of(line)) or [line.text]
        found: dict[tuple[str, str, str], Failure] = {}
        failures = [each for text in texts for each in failures_in(text)]
        for each in (*failures, *structured_failures(line.fields)):
            frame = innermost(each.frames)
            found.setdefault((each.exception, each.message, frame.words if frame else ""), each)
        for each in found.values():
            self._wait_for_close(each, line, writer, _kind(writer, line.text), writer.count)
        flagged = not found and flagged_without_stack(line.fields)
        if flagged:
            self._missing.add_flag(line.text)
        return bool(found) or flagged

    def _of_line(self, line: Line, writer: _Writer) -> bool:
        """Take a line for a stack; whether it is a part of one."""
        if self._offered(line, writer):
            return True
        begins = _BEGINS.match(line.text)
        if begins:
            self._begin_python(line, writer, begins["before"])
        elif is_frame(line.text):
            self._begin_script(line, writer)
        else:
            self._note(line, writer)
            writer.recent.append(msgspec.structs.replace(line, fields={}))
            writer.count += 1
            return False
        return True

    def _offered(self, line: Line, writer: _Writer) -> bool:
        """Offer a line to the stacks that are not over, the youngest first."""
        bare: str | None = None
        begins = _BEGINS.match(line.text)
        prefixed = begins is not None and bool(begins["before"].strip(" +|"))
        for each in reversed(tuple(writer.open)):
            text = line.text
            if each.prefix:
                bare = without_stamp(text) if bare is None else bare
                if bare.startswith(each.prefix):
                    each.strict, text = True, bare[len(each.prefix) :]
                elif each.strict or prefixed:
                    continue  # it is another writer's
            took = each.stack.feed(text)
            if took == "taken":
                return True
            if took == "over":
                self._close(each, writer)
        return False

    def _begin_python(self, line: Line, writer: _Writer, before: str) -> None:
        prefix = without_stamp(before) if before.strip(" +|") else ""
        stack = PythonStack()
        stack.feed(line.text[len(before) :] if prefix else line.text)
        kind = _kind(writer, before)
        self._open(
            _Open(stack=stack, line=self._timed(line, writer), prefix=prefix, kind=kind), writer
        )
        # The line that announced the traceback lacks nothing now.
        self._waiting = [
            each
            for each in self._waiting
            if each.caught or _site(each.writer) != _site(line.writer)
        ]

    def _begin_script(self, line: Line, writer: _Writer) -> None:
        stack = ScriptStack(line.text, writer.last(LOOK_BACK))
        if stack.is_error:
            stack.feed(line.text)
            self._open(_Open(stack=stack, line=self._timed(line, writer)), writer)

    def _open(self, each: _Open, writer: _Writer) -> None:
        if len(writer.open) >= MOST_OPEN:
            self._close(writer.open[0], writer)
        if self._unfinished >= MOST_UNFINISHED:
            longest = next(each for each in self._writers.values() if each.open)
            self._close(longest.open[0], longest)
        each.begun = writer.count
        writer.open.append(each)
        self._unfinished += 1

    def _close(self, each: _Open, writer: _Writer) -> None:
        writer.open.remove(each)
        self._unfinished -= 1
        self._finish(each, writer)

    def _finish(self, each: _Open, writer: _Writer) -> None:
        failures = each.stack.failures()
        self._missing.headless += not failures
        for failure in failures:
            self._wait_for_close(failure, each.line, writer, each.kind, each.begun)

    def _timed(self, line: Line, writer: _Writer) -> Line:
        """Give the line with its writer's last time, and the words before it, for their ids."""
        ids = (pattern.search(str(line.fields)) for pattern in (_TRACEPARENT, _HANGUP_ID))
        text = "\n".join((*writer.last(3), *(found[0] for found in ids if found), line.text))
        at = line.at if line.at is not None else writer.at
        path = _path_in(line.fields)
        return msgspec.structs.replace(
            line, at=at, text=text, fields={"path": path} if path else {}
        )

    def _wait_for_close(
        self, failure: Failure, line: Line, writer: _Writer, kind: Kind, begun: int
    ) -> None:
        if not failure.complete:
            self._missing.cut += 1
            return
        at = line.at if line.at is not None else writer.at
        self._missing.untimed += at is None
        self._missing.add_told(failure.message)
        caught = _caught(failure, line, at or 0.0, kind)
        # What was said while the stack was printed, by others or after its last line.
        since = (
            [*writer.recent][-min(LINGER, writer.count - begun) :] if writer.count > begun else []
        )
        nearby = (each.text for each in since if _belongs(each, line.writer, caught))
        announced = "\n".join(line.text.splitlines()[-2:])
        close = next(filter(None, map(_close_in, (announced, *nearby))), None)
        caught = msgspec.structs.replace(caught, close=close)
        self._waiting.append(_Waiting(writer=line.writer, caught=caught))

    def _note(self, line: Line, writer: _Writer) -> None:
        """See what a line beside the stacks tells: a close, a message alone, a warning."""
        never = _NEVER.search(line.text)
        if never:
            self._waiting.append(
                _Waiting(writer=line.writer, caught=_never_awaited(never, writer.at))
            )
        elif is_suspect(line):
            self._waiting.append(_Waiting(writer=line.writer, suspect=line.text))

    def _step(self, line: Line) -> Iterator[Caught]:
        """Let what waits see one more line."""
        if not self._waiting:
            return
        close = _close_in(line.text)
        for each in self._waiting:
            each.left -= 1
            if each.caught and close and _belongs(line, each.writer, each.caught):
                each.caught = msgspec.structs.replace(each.caught, close=close)
        yield from self._released()

    def _released(self, everything: bool = False) -> Iterator[Caught]:
        kept = []
        for each in self._waiting:
            if each.left > 0 and not everything:
                kept.append(each)
            elif each.caught:
                yield each.caught
            else:
                self._missing.add_alone(each.suspect)
        self._waiting = kept


def failures_in(text: str) -> list[Failure]:
    """Give the failures in a text that holds whole stacks, as a field of JSON does."""
    found: list[Failure] = []
    stack: PythonStack | ScriptStack | None = None
    before: deque[str] = deque(maxlen=LOOK_BACK)
    for each in (line[:LONGEST] for line in text.splitlines()):
        if stack and stack.feed(each) != "over":
            continue
        found += stack.failures() if stack else []
        stack = None
        if HEADER.search(each):
            stack = PythonStack()
            stack.feed(each)
        elif is_frame(each):
            stack = ScriptStack(each, [*before])
            stack.feed(each)
        before.append(each)
    return found + (stack.failures() if stack else [])


def _caught(failure: Failure, line: Line, at: float, kind: Kind) -> Caught:
    frame = innermost(failure.frames)
    traceparent = _TRACEPARENT.search(line.text) or _TRACEPARENT.search(str(line.fields))
    hangup_id = _HANGUP_ID.search(line.text) or _HANGUP_ID.search(str(line.fields))
    return Caught(
        at=at,
        kind=kind,
        exception=failure.exception,
        message=clean(failure.message),
        frame=frame.words if frame else "",
        chain=tuple(clean(each) for each in failure.chain[:MOST_CHAIN]),
        phase=phase_of(failure.frames),
        path=_path_in(line.fields),
        traceparent=traceparent[0] if traceparent else "",
        hangup_id=hangup_id["id"] if hangup_id else "",
    )


def _path_in(fields: Mapping[str, Any]) -> str:
    path = next((fields[key] for key in ("path", "url", "request_path") if key in fields), "")
    return clean_path(path) if isinstance(path, str) and path else ""


def _belongs(line: Line, writer: str, caught: Caught) -> bool:
    """Whether a line that names a close can be of an incident that has none yet."""
    if caught.close or _site(writer) != _site(line.writer):
        return False
    return line.at is None or not caught.at or abs(line.at - caught.at) <= TOGETHER


def _never_awaited(match: re.Match[str], at: float | None) -> Caught:
    return Caught(
        at=at or 0.0,
        kind="never-awaited",
        exception="RuntimeWarning",
        message=clean(match["text"]),
        frame=f"{match['file']}:{match['line']}",
    )


def _kind(writer: _Writer, text: str) -> Kind:
    said = " ".join((*writer.last(3), text))
    return "task-exception" if "exception was never retrieved" in said else "exception"


def _close_in(text: str) -> CloseTried | None:
    match = _CLOSE.search(text)
    if match is None:
        return None
    code = int(match["code"])
    legal = code not in _NOT_LEGAL and (1000 <= code <= 1014 or 3000 <= code <= 4999)
    return CloseTried(code=code, reason=clean(match["reason"] or "", 123), legal=legal)


def _site(writer: str) -> str:
    """Give the writer without which of its two streams it wrote to."""
    return writer.replace("stdout", "").replace("stderr", "").strip()
