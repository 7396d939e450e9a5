"""Judges what a capture of packets can tell, and says in words what only the wire shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from hangup.cli.failing import reason_of
from hangup.cli.session import Session
from hangup.cli.undecided import shows_ending, undecided
from hangup.diagnosis import Diagnosis
from hangup.ending import ending_of
from hangup.errors import UsageError
from hangup.report.units import count
from hangup.trace import Trace
from hangup.vantage.pcap.capture import Capture, Told, read_capture
from hangup.vantage.pcap.glimpse import Glimpse
from hangup.vantage.pcap.tls.keylog import MOST_SECRETS, KeyLog

FROM_BEGINNING = "Begin to capture before the connection is opened"
MOST_TOLD = 20
"""Connections that are told one by one; the others are counted."""
KEYS_WANTED = (
    "Let the client write its secrets of TLS (SSLKEYLOGFILE), capture again, and give them: "
    "--keylog FILE"
)


Judged = tuple[Diagnosis, Sequence[Trace]]


def judged_capture(
    session: Session, file: BinaryIO, head: bytes, path: str, url: str | None, keylog: str | None
) -> dict[str, Callable[[], Judged]]:
    """Give what is to be judged together of a capture, by its URL and, behind a proxy, its side.

    Raises:
        UsageError: when the capture or the key log cannot be read, or nothing is in it.
    """
    capture = _read(file, head, path, keylog)
    if not capture.told:
        return {"": partial(_glimpsed, capture)}
    groups = _grouped(capture, url)
    if not groups:
        raise UsageError(f"--url: no WebSocket in {path} has a URL with that in it")
    last = list(groups)[-1]
    return {
        key: partial(_judged, session, group, capture if key == last else None)
        for key, group in groups.items()
    }


def _read(file: BinaryIO, head: bytes, path: str, keylog: str | None) -> Capture:
    keys = _keys(keylog) if keylog is not None else KeyLog()
    capture = read_capture(file, head, path, keys)
    if keys.full:
        capture.notes.append(f"Of the key log the first {MOST_SECRETS} secrets were read.")
    if keylog is not None and not keys.used:
        capture.notes.append(f"No secret in {keylog} is of a connection in this capture.")
    return capture


def _keys(path: str) -> KeyLog:
    keys = KeyLog()
    try:
        with Path(path).open("rb") as lines:
            keys.read(lines)
    except (OSError, ValueError) as exc:
        raise UsageError(f"--keylog: {path!r} cannot be read: {reason_of(exc)}") from None
    if not keys.lines:
        raise UsageError(f"--keylog: {path!r} holds no secret of TLS in the format of NSS")
    return keys


def _grouped(capture: Capture, wanted: str | None) -> dict[str, list[Told]]:
    groups: dict[str, list[Told]] = {}
    for told in capture.told:
        if wanted is None or wanted in told.trace.url:
            parts = urlsplit(told.trace.url)
            hop = f" (hop {told.hop}, at {told.server})" if told.hop else ""
            key = f"{parts.scheme}://{parts.netloc}{parts.path}{hop}"
            groups.setdefault(key, []).append(told)
    return groups


def _judged(session: Session, group: Sequence[Told], capture: Capture | None) -> Judged:
    """Judge those that somebody else ended, and say of the others what is known."""
    traces = [told.trace for told in group if _is_judged(told)]
    diagnosis = session.rejudge(traces) if traces else _unjudged(group)
    notes = (*diagnosis.notes, *_accounts(group), *(_of_all(capture) if capture else ()))
    diagnosis = msgspec.structs.replace(diagnosis, notes=notes)
    return diagnosis, [told.trace for told in group]


def _glimpsed(capture: Capture) -> Judged:
    """Give the diagnosis of a capture in which nothing could be read."""
    likely = [each for each in capture.glimpses if each.likely] or capture.glimpses
    first = likely[0]
    url = f"{'wss' if first.encrypted else 'ws'}://{first.server_name or first.server}/"
    steps = (KEYS_WANTED,) if any(each.encrypted for each in likely) else ()
    summary = f"No WebSocket could be read. {first.words}."
    diagnosis = undecided(url, summary, steps or (FROM_BEGINNING,), len(likely))
    return msgspec.structs.replace(diagnosis, notes=_of_all(capture)), ()


def _of_all(capture: Capture) -> tuple[str, ...]:
    """Give the notes of the whole capture: what it lacks, proxies, and what could not be read."""
    return (*capture.notes, *_hops(capture.told), *_glimpses(capture.glimpses))


def _is_judged(told: Told) -> bool:
    ending = ending_of(told.trace)
    if told.unread or not shows_ending(told.trace):
        return False
    return not (ending.opened and ending.works and ending.kind == "open")


def _unjudged(group: Sequence[Told]) -> Diagnosis:
    """Say who ended the first of those of which nothing more can be concluded."""
    told = group[0]
    if told.unread:
        summary = f"It could not be read to its end ({told.unread}): {told.account}."
    elif told.by_client:
        summary = f"The client hung up: {told.account}."
    else:
        summary = f"Nobody hung up while it was captured: {told.account}."
    return undecided(told.trace.url, summary, (f"Run: hangup {told.trace.url}",), len(group))


def _accounts(group: Sequence[Told]) -> list[str]:
    lines = [f"{each.trace.id}: {each.account}." for each in group[:MOST_TOLD]]
    more = len(group) - MOST_TOLD
    return [*lines, f"{count(more, 'connection')} more of this URL."] if more > 0 else lines


def _hops(told: Sequence[Told]) -> list[str]:
    """Say on which side of a proxy the end of each WebSocket came first, and by how much."""
    lines = []
    chains: dict[str, list[Told]] = {}
    for each in told:
        if each.hop:
            chains.setdefault(each.key, []).append(each)
    for chain in list(chains.values())[:MOST_TOLD]:
        names = " and ".join(each.trace.id for each in chain)
        first, *later = sorted(chain, key=lambda each: each.end)
        after = (later[0].end - first.end) * 1000
        lines.append(
            f"{names} are one WebSocket on the sides of a proxy: it ended first on"
            f" {first.trace.id} (hop {first.hop}, at {first.server}), {after:.1f} ms before"
            f" {later[0].trace.id}."
        )
    return lines


def _glimpses(glimpses: Sequence[Glimpse]) -> list[str]:
    likely = [each for each in glimpses if each.likely]
    lines = [f"Not read: {each.words}." for each in likely[:MOST_TOLD]]
    more, others = len(likely) - MOST_TOLD, len(glimpses) - len(likely)
    if more > 0:
        lines.append(f"{count(more, 'connection')} more could not be read.")
    if others:
        offer = "offers" if others == 1 else "offer"
        lines.append(f"{count(others, 'encrypted connection')} {offer} HTTP/2, as pages do.")
    if any(each.encrypted for each in glimpses):
        lines.append(f"{KEYS_WANTED}.")
    return lines
