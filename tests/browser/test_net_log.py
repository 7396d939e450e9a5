"""Chromium's log of its network stack is read whatever state it was left in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hangup.browser.net_log import MOST_BYTES, read_net_log

CONSTANTS = {
    "logEventTypes": {"REQUEST_ALIVE": 1, "SOCKET_BYTES_RECEIVED": 2, "SOCKET_POOL": 3},
    "logSourceType": {"URL_REQUEST": 1, "SOCKET": 2, "HTTP_STREAM_JOB": 3, "UDP_SOCKET": 4},
    "logEventPhase": {"PHASE_BEGIN": 1, "PHASE_END": 2, "PHASE_NONE": 0},
    "netError": {"ERR_CONNECTION_RESET": -101},
    "timeTickOffset": 1_000_000,
}


def _event(source: int, kind: int, type: int, phase: int = 0, **params: object) -> str:
    return json.dumps(
        {
            "params": params,
            "phase": phase,
            "source": {"id": source, "type": kind},
            "time": "500",
            "type": type,
        }
    )


def _log(path: Path, *events: str, end: str = "],\n") -> Path:
    head = '{"constants":' + json.dumps(CONSTANTS) + ',\n"events": [\n'
    path.write_text(head + ",\n".join(events) + end)
    return path


ASKED = _event(1, 1, 1, 1, url="ws://127.0.0.1:80/")
BOUND = _event(1, 1, 3, 0, source_dependency={"id": 2, "type": 3}) + ",\n" + _event(2, 3, 3)
ALIVE = _event(3, 2, 3, 1, source_dependency={"id": 2, "type": 3})
BYTES = _event(3, 2, 2, 0, byte_count=2, bytes="aGk=")


def test_what_a_socket_received_is_found_by_what_worked_for_the_request(tmp_path: Path) -> None:
    other = _event(9, 2, 2, 0, byte_count=2, bytes="bm8=")
    (heard,) = read_net_log(_log(tmp_path / "log", ASKED, BOUND, ALIVE, BYTES, other))
    received = heard.of("SOCKET_BYTES_RECEIVED")
    assert [(entry.bytes, entry.at) for entry in received] == [(b"hi", 1000.5)]


def test_an_error_is_given_by_its_name(tmp_path: Path) -> None:
    ended = _event(1, 1, 1, 2, net_error=-101)
    unknown = _event(1, 1, 1, 2, net_error=-999)
    (heard,) = read_net_log(_log(tmp_path / "log", ASKED, ended, unknown))
    assert [entry.error for entry in heard.of("REQUEST_ALIVE")] == [
        "",
        "CONNECTION_RESET",
        "999",
    ]


@pytest.mark.parametrize("end", ["", ',\n{"params":{"byte_c', ",\nnull", ",\n[]", ",\n\xff\xfe"])
def test_a_log_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path, end: str) -> None:
    (heard,) = read_net_log(_log(tmp_path / "log", ASKED, BOUND, ALIVE, BYTES, end=end))
    assert [entry.bytes for entry in heard.of("SOCKET_BYTES_RECEIVED")] == [b"hi"]


@pytest.mark.parametrize("content", ["", "{}", '{"constants":{},', "not JSON\n", "\0\0\0"])
def test_what_is_no_log_tells_of_no_connection(tmp_path: Path, content: str) -> None:
    (tmp_path / "log").write_text(content)
    assert read_net_log(tmp_path / "log") == []
    assert read_net_log(tmp_path / "missing") == []


def test_more_bytes_than_there_is_room_for_are_counted(tmp_path: Path) -> None:
    flood = _event(3, 2, 2, 0, byte_count=MOST_BYTES, bytes="aGk=")
    (heard,) = read_net_log(_log(tmp_path / "log", ASKED, BOUND, ALIVE, BYTES, flood))
    assert (heard.kept, heard.dropped) == (2, MOST_BYTES)
