"""Every planted incident is found in every format, and none is invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import planted
import pytest
import structlog
from planted import PLANTED, found_in, seen

from hangup.logs.reading import Logs

FORMATS: dict[str, Callable[[], bytes]] = {
    "logging": planted.by_logging,
    "python-json-logger": planted.by_json_logging,
    "loguru": planted.by_loguru,
    "loguru in colour": lambda: planted.by_loguru(colorize=True),
    "loguru without values": lambda: planted.by_loguru(diagnose=False),
    "loguru JSON": lambda: planted.by_loguru(serialize=True),
    "structlog JSON": lambda: planted.by_structlog(structlog.processors.format_exc_info),
    "structlog fields": lambda: planted.by_structlog(structlog.processors.dict_tracebacks),
    "Docker": lambda: planted.in_docker(planted.by_logging()),
    "Docker, JSON inside": lambda: planted.in_docker(planted.by_json_logging()),
    "CRI": lambda: planted.in_cri(planted.by_logging()),
    "CRI, JSON inside": lambda: planted.in_cri(planted.by_loguru(serialize=True)),
    "journald JSON": lambda: planted.in_journal(planted.by_logging()),
    "journald JSON, in colour": lambda: planted.in_journal(planted.by_loguru(colorize=True)),
    "journald export": lambda: planted.in_journal_export(planted.by_logging()),
    "Cloud Logging lines": lambda: planted.lines(planted.in_cloud(planted.by_logging())),
    "Cloud Logging array": lambda: json.dumps(
        planted.in_cloud(planted.by_logging()), indent=2
    ).encode(),
    "Cloud Logging array on one line": lambda: json.dumps(
        planted.in_cloud(planted.by_logging()), separators=(",", ":")
    ).encode(),
    "kubectl --prefix": lambda: planted.with_prefix(planted.by_logging(), "[pod/chat-1/app] "),
    "kubectl --prefix --timestamps": lambda: planted.with_prefix(
        planted.by_logging(), "[pod/chat-1/app] 2026-11-25T17:27:19.123456789Z "
    ),
    "docker logs --timestamps": lambda: planted.with_prefix(
        planted.by_loguru(), "2026-11-25T17:27:19.123456789Z "
    ),
    "compose": lambda: planted.with_prefix(planted.by_logging(), "web-1  | "),
    "syslog": lambda: planted.with_prefix(
        planted.by_logging(), "Nov 25 17:27:19 host gunicorn[71]: "
    ),
    "a prefix of its own": lambda: planted.with_prefix(planted.by_logging(), "worker-3 (7) "),
    "Windows line ends": lambda: planted.by_logging().replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_incident_is_found_and_none_invented(name: str) -> None:
    groups, _ = found_in(FORMATS[name]())
    assert seen(groups) == PLANTED
    assert [group.count for group in groups] == [3, 3, 3]


@pytest.mark.parametrize("name", FORMATS)
def test_every_incident_has_the_time_of_its_line(name: str) -> None:
    groups, _ = found_in(FORMATS[name]())
    assert [group for group in groups if not group.first_seen] == []


def test_all_formats_in_one_stream_are_told_apart() -> None:
    several = [
        name
        for name in FORMATS
        if not name.startswith(("Cloud Logging array", "journald export", "Windows"))
    ]
    groups, _ = found_in(b"".join(FORMATS[name]() for name in several))
    assert seen(groups) == PLANTED
    assert [group.count for group in groups] == [3 * len(several)] * 3


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
@pytest.mark.parametrize("name", ["logging", "loguru JSON", "Cloud Logging array", "Docker"])
def test_where_blocks_end_changes_nothing(name: str, size: int) -> None:
    raw = FORMATS[name]()

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(raw), size):
            yield raw[start : start + size]

    assert found_in(blocks())[0] == found_in(raw)[0]


@pytest.mark.parametrize("compressed", [planted.gzipped, planted.zstd])
def test_a_compressed_file_is_read(
    compressed: Callable[[bytes, Path], Path], tmp_path: Path
) -> None:
    logs = Logs()
    raw = planted.by_logging()
    found = list(logs.read(str(compressed(raw, tmp_path / "log"))))
    assert len(found) == 9
    assert logs.size == len(raw)


def test_the_chain_is_told_with_the_first_cause_last() -> None:
    groups, _ = found_in(planted.by_logging())
    (found,) = (group.example for group in groups if group.example.exception == "RuntimeError")
    assert found.chain == ("KeyError: 'x'",)
    assert found.message == "not delivered"
    assert found.frame == "/srv/app/send.py:5 in deliver"


def test_what_is_only_words_is_no_incident() -> None:
    text = "\n".join(f"2026-11-25 17:27:19 INFO app: {line}" for line in planted.ORDINARY * 50)
    groups, logs = found_in(text.encode())
    assert groups == []
    assert logs.missing.sentences() == []
