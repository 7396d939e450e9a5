"""What goes to stderr when a command cannot go on: one sentence, or a bug's traceback."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping

USAGE, INCONCLUSIVE, BUG, INTERRUPTED = 2, 3, 70, 130
SENSITIVE = ("--token", "--token-in", "--other-token", "--header", "-H", "--proxy")
"""Options whose values are taken out of what is not ours to word; `--token-in` for a slip."""
INVISIBLE = r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


def tell(text: str) -> None:
    """Write to stderr; where that fails the exit status still says how the run went."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def complain(sentence: str, secrets: Iterable[str]) -> None:
    """Write one line to stderr; control characters in it become visible escapes."""
    from hangup.redact import Redactor  # here: a run that goes well complains of nothing

    text = Redactor(secrets).text(sentence.strip())
    tell(f"hangup: {re.sub(INVISIBLE, _escape, text)}\n")


def report_bug(exc: BaseException, secrets: Iterable[str]) -> None:
    """Write the traceback of an error of ours, without secrets, and how to report it."""
    import traceback  # here: bugs are rare, imports are slow

    from hangup.redact import Redactor

    text = Redactor(secrets).text("".join(traceback.format_exception(exc)))
    tell(f"{text}hangup: this is a bug in hangup; please report it with the lines above\n")


def drop_stdout() -> None:
    """Point stdout nowhere, so that the interpreter's own flush at exit stays silent too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def reason_of(exc: OSError | ValueError) -> str:
    """Give the operating system's words for an error, in lower case."""
    text = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return text[:1].lower() + text[1:]


def suspects(args: Iterable[str], environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Give what could be a secret among raw arguments, for a bug that strikes before parsing."""
    previous = ""
    for arg in args:
        name, _, value = arg.partition("=")
        if previous in SENSITIVE:
            yield from _parts(arg)
        if name in SENSITIVE:
            yield from _parts(value)
        elif arg.startswith("-H"):
            yield from _parts(arg[2:])
        elif "://" in arg:
            yield from _parts(arg.partition("://")[2])
        previous = arg
    for option in SENSITIVE:
        yield from _parts(environ.get(f"HANGUP_{option.strip('-').replace('-', '_').upper()}", ""))


def carried(args: Iterable[str]) -> Iterator[str]:
    """Give what a URL among raw arguments may carry beside its place: its query, and its user."""
    for arg in args:
        before, _, query = arg.partition("?")
        yield query
        yield before.rpartition("@")[0].rpartition("//")[2]


def _parts(value: str) -> Iterator[str]:
    """Give a whole value and the longer words in it, the scheme of a credential among them."""
    yield value
    yield from (word for word in re.split(r"[\s:=&?/@;,]+", value) if len(word) >= 8)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
