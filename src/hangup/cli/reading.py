"""Reads files of evidence: traces of our own, a browser's HAR, or the beginning of another."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from hangup.cli.failing import reason_of
from hangup.errors import UsageError
from hangup.trace import Trace, load_traces

MOST_BYTES = 256 * 1024 * 1024
GZIP = b"\x1f\x8b"


def read_traces(paths: Sequence[str]) -> tuple[Trace, ...]:
    """Read trace files, in order.

    Raises:
        UsageError: when one cannot be read or decoded, or there is no trace at all.
    """
    raws = ((path, read_bounded(path)) for path in paths)
    traces = _unique(t for path, raw in raws for t in load_traces(io.BytesIO(raw), path))
    if not traces:
        raise UsageError(f"{paths[0]}: there is no trace in it")
    return traces


def evidence_in(raw: bytes, path: str) -> tuple[Trace, ...]:
    """Read a HAR file or our own traces, told apart by what is inside.

    Raises:
        UsageError: when it is neither.
    """
    if _is_trace(raw):
        return _unique(load_traces(io.BytesIO(raw), path))
    if not raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        why = "it is neither a HAR file, nor a capture of packets, nor traces that --save wrote"
        if raw.startswith(GZIP):
            why = "it is compressed: gunzip it first"
        raise UsageError(f"{path}: {why}")
    from hangup.vantage.har import read_har  # here: its decoder is built at import

    return read_har(raw, path)


def read_bounded(path: str) -> bytes:
    """Read a file, or stdin for `-`, of at most 256 MiB.

    Raises:
        UsageError: when it cannot be read or is larger.
    """
    with opened(path) as file:
        return bounded(file, path)


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Open a file, or stdin for `-`.

    Raises:
        UsageError: when it cannot be opened.
    """
    with ExitStack() as stack:
        try:
            standard = path == "-"
            file = sys.stdin.buffer if standard else stack.enter_context(Path(path).open("rb"))
        except (OSError, ValueError) as exc:
            raise UsageError(f"{path}: it cannot be read: {reason_of(exc)}") from None
        yield file


def beginning(file: BinaryIO, size: int, path: str) -> bytes:
    """Give the first bytes of a file.

    Raises:
        UsageError: when it cannot be read.
    """
    return _read(file, size, path)


def bounded(file: BinaryIO, path: str, head: bytes = b"") -> bytes:
    """Give the rest of a file behind its `head`, and that, of at most 256 MiB.

    Raises:
        UsageError: when it cannot be read, or is larger.
    """
    raw = head + _read(file, MOST_BYTES + 1, path)
    if len(raw) > MOST_BYTES:
        raise UsageError(f"{path}: it is larger than {MOST_BYTES // 1024**2} MiB")
    return raw


def _read(file: BinaryIO, size: int, path: str) -> bytes:
    try:
        return file.read(size)
    except OSError as exc:
        raise UsageError(f"{path}: it cannot be read: {reason_of(exc)}") from None


def _unique(traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """Give an id of its own to each trace: every run begins to count anew."""
    found: dict[str, Trace] = {}
    for trace in traces:
        key, number = trace.id, 1
        while key in found:
            number += 1
            key = f"{trace.id}.{number}"
        found[key] = trace if key == trace.id else msgspec.structs.replace(trace, id=key)
    return tuple(found.values())


class _Head(msgspec.Struct):
    """What tells a line of ours from a HAR that stands on one line."""

    schema: str = ""
    experiment: str = ""
    log: msgspec.Raw | None = None


def _is_trace(raw: bytes) -> bool:
    line = next((line for line in io.BytesIO(raw) if line.strip()), b"")
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return head.log is None and bool(head.experiment or head.schema.startswith("hangup.trace/"))
