"""What a log cannot tell because of how it is written, and how to mend that."""

from __future__ import annotations

import re
from collections import Counter

from hangup.logs.clean import clean
from hangup.logs.line import Line

MOST_KEPT = 200
"""Distinct lines kept of one kind; those of long runs differ in values only."""
SHOWN = 3
"""Examples that are quoted."""
_MESSAGE = re.compile(
    r"name '\w+' is not defined|object has no attribute '|is not JSON serializable"
    r"|object is not (?:callable|iterable|subscriptable|an? \w)|positional arguments?\b"
    r"|unexpected keyword argument|not associated with a value|Cannot read propert"
    r"|is not a function\b|need to call \"accept\" first|ASGI message|in ASGI application"
    r"|[Ww]eb[Ss]ocket error\b"
)
_ALARMED = ("ERROR", "CRITICAL", "FATAL", "ALERT", "EMERGENCY", "EMERG", "CRIT", "WARNING", "WARN")


def is_suspect(line: Line) -> bool:
    """Whether a line says the message of an exception, as an error."""
    said = _MESSAGE.search(line.text)
    if not said:
        return False
    return line.level in _ALARMED or (not line.level and "rror" in line.text)


class Shortcomings:
    """Collects what is missing, and says it in a few sentences."""

    def __init__(self) -> None:
        self._alone: Counter[str] = Counter()
        self._flags: Counter[str] = Counter()
        self.cut = 0
        self.untimed = 0
        self.reversed, self.headless = False, 0
        self._told: set[str] = set()

    def add_alone(self, text: str) -> None:
        """Note a line that says an exception's message without its traceback."""
        _note(self._alone, clean(text, 160))

    def add_flag(self, text: str) -> None:
        """Note a line that asks for a traceback by a field, and has none."""
        _note(self._flags, clean(text, 160))

    def add_told(self, message: str) -> None:
        """Note what a traceback said: a line that says it again lacks nothing."""
        if len(self._told) < MOST_KEPT and len(message) > 8:
            self._told.add(clean(message, 160))

    def sentences(self) -> list[str]:
        """Give them, the gravest first."""
        alone = Counter(
            {
                text: count
                for text, count in self._alone.items()
                if not any(told in text for told in self._told)
            }
        )
        found = []
        if alone:
            found.append(
                f"{_lines(alone)} the message of an exception without its traceback, so its frame "
                f"is not known: {_examples(alone)}. Log it with logger.exception(...) or "
                "exc_info=True inside the except block, in place of the message alone."
            )
        if self._flags:
            found.append(
                f"{_lines(self._flags)} the flag exc_info and no traceback: "
                f"{_examples(self._flags)}. The formatter drops it: with structlog add "
                "structlog.processors.format_exc_info "
                "before the renderer; with a JSON formatter of your own call self.formatException."
            )
        if self.cut:
            found.append(
                f"{_count(self.cut, 'traceback')} cut off before the exception was named. Raise "
                "the collector's limit for records of several lines, or log JSON, a record a line."
            )
        if self.untimed:
            found.append(
                f"{_count(self.untimed, 'incident')} without a time stamp near, so it cannot be "
                "told when. Give the formatter %(asctime)s; for uvicorn with --log-config."
            )
        if self.reversed and self.headless:
            found.append(
                "The records come newest first, so tracebacks with a record for each line are in "
                "reverse. Export with --order=asc."
            )
        return found


def _note(counter: Counter[str], text: str) -> None:
    if text in counter or len(counter) < MOST_KEPT:
        counter[text] += 1
    else:
        counter[next(iter(counter))] += 1


def _lines(counter: Counter[str]) -> str:
    total = counter.total()
    return "1 line holds" if total == 1 else f"{total} lines hold"


def _count(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"


def _examples(counter: Counter[str]) -> str:
    return "; ".join(f"'{text.strip()}'" for text, _ in counter.most_common(SHOWN))
