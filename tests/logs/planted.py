"""Logs with planted incidents, written by the real loggers, and what collectors make of them."""

from __future__ import annotations

import gzip
import io
import json
import logging
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
import zstandard
from loguru import logger as loguru_logger
from pythonjsonlogger.json import JsonFormatter

from hangup.incident import Caught, IncidentGroup, grouped
from hangup.logs.reading import Logs

APP = {
    "app/auth.py": "def check_token(token):\n    return time.monotonic()\n",
    "app/chat.py": "def on_message(m):\n    return m['text'].strip()\n",
    "app/send.py": (
        "def deliver(x):\n"
        "    try:\n"
        "        {}[x]\n"
        "    except KeyError as exc:\n"
        "        raise RuntimeError('not delivered') from exc\n"
    ),
}
PLANTED = {
    ("NameError", "check_token", "auth"),
    ("TypeError", "on_message", "message"),
    ("RuntimeError", "deliver", "unknown"),
}
"""Exception, function of the innermost frame, phase."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
Fail = Callable[[], object]


def failing() -> list[Fail]:
    """Give functions of an application that fail, each with a file of its own."""
    made: dict[str, Any] = {}
    for file, source in APP.items():
        exec(compile(source, f"/srv/{file}", "exec"), made)
    return [
        lambda: made["check_token"]("x"),
        lambda: made["on_message"](None),
        lambda: made["deliver"]("x"),
    ]


def found_in(raw: bytes | Iterable[bytes]) -> tuple[list[IncidentGroup], Logs]:
    """Give the incidents of a log, grouped, and what else it tells."""
    logs = Logs()
    blocks = [raw] if isinstance(raw, bytes) else raw
    return grouped(logs.read_blocks(iter(blocks))), logs


def caught_in(raw: bytes) -> list[Caught]:
    """Give each incident of a log."""
    return list(Logs().read_blocks(iter([raw])))


def seen(groups: Iterable[IncidentGroup]) -> set[tuple[str, str, str]]:
    """Give what `PLANTED` holds, of incidents that were found."""
    return {
        (g.example.exception, g.example.frame.partition(" in ")[2], g.example.phase) for g in groups
    }


def by_logging(each: int = 3, noise: int = 40) -> bytes:
    """Write with Python's logging; between the incidents stand ordinary lines."""
    return _logged(
        logging.Formatter("%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s"),
        each,
        noise,
    )


def by_json_logging() -> bytes:
    """Write with python-json-logger."""
    return _logged(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"), 3, 40)


def _logged(formatter: logging.Formatter, each: int, noise: int) -> bytes:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    log = logging.Logger("app.ws", logging.DEBUG)
    log.addHandler(handler)
    _play(log.info, log.exception, each, noise)
    return out.getvalue().encode()


def by_loguru(*, serialize: bool = False, colorize: bool = False, diagnose: bool = True) -> bytes:
    """Write with loguru, for people or as JSON."""
    out = io.StringIO()
    loguru_logger.remove()
    handler = loguru_logger.add(out, serialize=serialize, colorize=colorize, diagnose=diagnose)
    _play(loguru_logger.info, loguru_logger.exception, 3, 40)
    loguru_logger.remove(handler)
    return out.getvalue().encode()


def by_structlog(*processors: Any) -> bytes:
    """Write with structlog as JSON; the processors say what becomes of an exception."""
    out = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *processors,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.BoundLogger,
    )
    _play(log.info, lambda text: log.error(text, exc_info=True), 3, 40)
    return out.getvalue().encode()


def _play(info: Callable[..., Any], exception: Callable[[str], Any], each: int, noise: int) -> None:
    chosen = random.Random(1)
    for _ in range(each):
        for fail in failing():
            for line in chosen.choices(ORDINARY, k=noise):
                info(line)
            try:
                fail()
            except Exception:  # noqa: BLE001 - what fails is what is logged
                exception("the socket failed")


ORDINARY = (
    "user 12 joined room 7",
    "no error in 404 messages, exception count 0",
    "Traceback is the name of a band that plays at 5",
    "client says: Traceback (most recent call last): what does it mean?",
    "retry policy: on exception at most 3 times",
    "we met    at noon (room 12:34)",
    "documentation of is not defined yet",
    'GET "/x" said " 101 " twice',
    "ConnectionError: is a word that users type",
    'File "notes.txt", line 3, in the archive',
)


def in_docker(raw: bytes) -> bytes:
    """Wrap as Docker's json-file driver does."""
    lines = raw.decode().splitlines(keepends=True)
    return _dumped(
        {"log": line, "stream": "stderr", "time": f"2026-11-25T17:27:{i % 60:02d}.{i:09d}Z"}
        for i, line in enumerate(lines)
    )


def in_cri(raw: bytes) -> bytes:
    """Wrap as a Kubernetes node's log files are."""
    lines = raw.decode().splitlines()
    return "".join(
        f"2026-11-25T17:27:{i % 60:02d}.{i:09d}Z stderr F {line}\n" for i, line in enumerate(lines)
    ).encode()


def in_journal(raw: bytes) -> bytes:
    """Wrap as `journalctl -o json` does; what holds control characters is written as numbers."""
    return _dumped(
        {
            "__CURSOR": f"s=1;i={i}",
            "__REALTIME_TIMESTAMP": str(1_795_627_639_000_000 + i),
            "_PID": "7",
            "_SYSTEMD_UNIT": "chat.service",
            "PRIORITY": "6",
            "MESSAGE": list(line.encode()) if "\x1b" in line else line,
        }
        for i, line in enumerate(raw.decode().splitlines())
    )


def in_journal_export(raw: bytes) -> bytes:
    """Wrap as `journalctl -o export` does, with the message as a field of bytes."""
    entries = []
    for i, line in enumerate(raw.splitlines()):
        entries.append(
            b"__CURSOR=s=1;i=%d\n__REALTIME_TIMESTAMP=%d\n_PID=7\nMESSAGE\n%s%s\n\n"
            % (i, 1_795_627_639_000_000 + i, len(line).to_bytes(8, "little"), line)
        )
    return b"".join(entries)


def in_cloud(raw: bytes) -> list[dict[str, Any]]:
    """Give entries of Cloud Logging: one for each line of a container's stderr."""
    return [
        {
            "insertId": f"a{i}",
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
            "resource": {"type": "cloud_run_revision", "labels": {"revision_name": "chat-1"}},
            "textPayload": line,
            "timestamp": f"2026-11-25T17:27:{i % 60:02d}.{i:06d}Z",
        }
        for i, line in enumerate(raw.decode().splitlines())
    ]


def with_prefix(raw: bytes, prefix: str) -> bytes:
    """Put the same before every line, as `kubectl logs --prefix` and compose do."""
    return "".join(f"{prefix}{line}\n" for line in raw.decode().splitlines()).encode()


def _dumped(entries: Iterable[dict[str, Any]]) -> bytes:
    written = (json.dumps(entry, separators=(",", ":")) for entry in entries)
    return "".join(f"{entry}\n" for entry in written).encode()


def lines(entries: Iterable[dict[str, Any]]) -> bytes:
    """Write entries as JSON lines."""
    return _dumped(entries)


def gzipped(raw: bytes, path: Path) -> Path:
    """Write a gzip file."""
    path.write_bytes(gzip.compress(raw))
    return path


def zstd(raw: bytes, path: Path) -> Path:
    """Write a zstd file of two frames, as rotation appends them."""
    compress = zstandard.ZstdCompressor().compress
    half = len(raw) // 2
    path.write_bytes(compress(raw[:half]) + compress(raw[half:]))
    return path
