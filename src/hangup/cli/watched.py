"""Shows what the history of a watch holds."""

from __future__ import annotations

import sys

import msgspec

from hangup import __version__
from hangup.cli.output import Output
from hangup.errors import UsageError
from hangup.redact import Redactor
from hangup.report.escape import show
from hangup.report.units import duration
from hangup.store.watches import History, opened
from hangup.watching.documents import (
    SCHEMA,
    Document,
    change_document,
    encoded,
    look_document,
    moment,
)
from hangup.watching.kept import changes_of, looks_of, memory_of
from hangup.watching.lines import SHOWN_URL, change_words, clock, look_words
from hangup.watching.memory import Memory

SHOWN = 0


def show_history(path: str, urls: tuple[str, ...], last: int, *, as_json: bool) -> int:
    """Print what is kept of some URLs, or of all, and give the exit status.

    Raises:
        UsageError: there is no history, or nothing of a URL in it.
    """
    output = Output(as_json=as_json)
    with opened(path) as history:
        wanted = _wanted(history, urls, path)
        with output.printing():
            for url in wanted:
                memory = memory_of(history, url, path)
                if as_json:
                    sys.stdout.write(encoded(_document(history, url, memory, last)).decode() + "\n")
                else:
                    _print(history, url, memory, last)
    return output.status(SHOWN)


def _wanted(history: History, urls: tuple[str, ...], path: str) -> tuple[str, ...]:
    known = history.urls()
    wanted = tuple(map(_as_kept, urls)) or known
    for url in wanted:
        if url not in known:
            raise UsageError(f"URL: nothing is kept of {url} in {path!r}")
    return wanted


def _as_kept(text: str) -> str:
    """Give a URL as the history has it: as the probe writes it, without credentials."""
    from hangup.address import parse_url
    from hangup.credentials import secrets_of
    from hangup.endpoint import Endpoint

    address = parse_url(text)
    endpoint = Endpoint(
        secure=address.secure, host=address.host, port=address.port, target=address.target
    )
    return Redactor(secrets_of(endpoint)).text(endpoint.url)


def _print(history: History, url: str, memory: Memory, last: int) -> None:
    print(show(url, SHOWN_URL))
    state = memory.state.words if memory.state else "nothing told yet"
    since = f" since {clock(memory.since)}" if memory.state else ""
    print(f"  now {show(state)}{since}")
    changes, looks = changes_of(history, url, last), looks_of(history, url, last)
    for title, lines in (
        ("changes", [f"{clock(each.at)} {change_words(each)}" for each in changes]),
        ("rounds", [f"{clock(each.at)} {look_words(each)}" for each in looks]),
    ):
        print(f"  {title}, the latest first")
        for line in lines or ["none"]:
            print(f"    {line}")
    if len(looks) > 1:
        span = duration(looks[0].at - looks[-1].at)
        print(f"  these {len(looks)} rounds are of {span}")


def _document(history: History, url: str, memory: Memory, last: int) -> Document:
    return {
        "schema": SCHEMA,
        "hangup": __version__,
        "event": "history",
        "url": url,
        "state": msgspec.to_builtins(memory.state),
        "since": moment(memory.since) if memory.state else None,
        "changes": [change_document(each) for each in changes_of(history, url, last)],
        "rounds": [
            {**look_document(look), "diagnosis": msgspec.json.decode(look.diagnosis or b"null")}
            for look in looks_of(history, url, last)
        ],
    }
