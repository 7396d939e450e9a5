"""What a log cannot tell is said, with how to mend it."""

from __future__ import annotations

import json

import pytest
import structlog
from planted import by_logging, by_structlog, found_in, in_cloud

ALONE = "2026-11-25 17:27:19 ERROR app.ws: WebSocket error: name 'time' is not defined\n"


def test_a_message_without_its_traceback_is_told_and_no_incident() -> None:
    groups, logs = found_in((ALONE * 3).encode())
    assert groups == []
    (said,) = logs.missing.sentences()
    assert said.startswith("3 lines hold the message of an exception without its traceback")
    assert "name 'time' is not defined" in said
    assert "logger.exception" in said


def test_a_message_alone_in_json_is_told() -> None:
    record = {"event": "failed: name 'x' is not defined", "level": "error", "timestamp": "x"}
    _, logs = found_in(json.dumps(record).encode())
    assert "1 line holds the message" in logs.missing.sentences()[0]


def test_a_message_beside_its_traceback_is_not_missing_anything() -> None:
    assert found_in(by_logging() + ALONE.encode())[1].missing.sentences() == []


def test_a_message_before_its_traceback_is_not_missing_anything() -> None:
    raw = by_logging(1, 0).replace(b"the socket failed", b"name 'x' is not defined")
    assert found_in(raw)[1].missing.sentences() == []


def test_a_flag_without_a_traceback_is_told_with_the_processor_that_is_missing() -> None:
    groups, logs = found_in(by_structlog())
    assert groups == []
    (said,) = logs.missing.sentences()
    assert said.startswith("9 lines hold the flag exc_info and no traceback")
    assert "format_exc_info" in said


def test_a_flag_with_a_traceback_is_not_missing_anything() -> None:
    raw = by_structlog(structlog.processors.format_exc_info)
    assert found_in(raw)[1].missing.sentences() == []


def test_a_traceback_without_a_time_is_told() -> None:
    raw = b"".join(
        line for line in by_logging(1, 0).splitlines(keepends=True) if b"socket failed" not in line
    )
    groups, logs = found_in(raw)
    assert len(groups) == 3
    assert "3 incidents are without a time stamp" in logs.missing.sentences()[0]
    assert "--log-config" in logs.missing.sentences()[0]


def test_records_that_come_newest_first_are_told_when_they_divide_a_traceback() -> None:
    entries = in_cloud(by_logging(1, 0))
    _, logs = found_in(json.dumps(entries[::-1], indent=2).encode())
    assert "--order=asc" in logs.missing.sentences()[-1]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-25 17:27:19 INFO app: the variable is not defined in the manual\n",
        "2026-11-25 17:27:19 INFO app: user says: name 'time' is not defined\n",
        '{"level":"info","msg":"name \'x\' is not defined, said a user"}\n',
    ],
)
def test_what_is_said_at_ease_is_no_shortcoming(line: str) -> None:
    assert found_in(line.encode())[1].missing.sentences() == []
