"""Lines of access are counted alike, many at once or each by itself, and hide no incident."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import PLANTED, by_logging, found_in, in_docker

from hangup.logs.access import CROWD
from hangup.logs.reading import Logs

NGINX = '10.0.0.1 - - [25/Nov/2025:17:27:19 +0000] "GET {} HTTP/1.1" {} 512 "-" "Mozilla/5.0"{}'
HAPROXY = (
    "Nov 25 17:27:19 lb haproxy[7]: 10.0.0.1:4711 [25/Nov/2025:17:26:19.123] fe be/s1 "
    '0/0/1/2/60001 {} 5678 - - {} 1/1/0/0/0 0/0 "GET {} HTTP/1.1"'
)
LINES = (
    NGINX.format("/ws?token=a", 101, " 60.001"),
    NGINX.format("/ws", 101, ' rt=12.500 uct="0.000"'),
    NGINX.format("/ws", 101, ""),
    NGINX.format("/ws?token=b", 403, " 0.001"),
    NGINX.format("/live", 502, ""),
    NGINX.format("/ws", 200, " 60.001"),
    HAPROXY.format(101, "cD--", "/ws"),
    HAPROXY.format(200, "----", "/ws"),
    HAPROXY.format(503, "SC--", "/ws"),
    '[2025-11-25T17:27:19.123Z] "GET /ws HTTP/1.1" 101 DC 0 123 7001 - "-" "-" "id" "h" "1.2.3.4"',
    'INFO:     127.0.0.1:4711 - "WebSocket /ws?a=b" [accepted]',
    'INFO:     127.0.0.1:4711 - "WebSocket /live" 403',
    '{"path":"/ws","response_code":101,"duration":60001}',
    '{"path":"/ws","response_code":200,"duration":60001}',
    '{"path":"/ws","response_code":503,"duration":1}',
    '{"RequestPath": "/ws", "DownstreamStatus": 304, "Duration": 5}',
    json.dumps({"message": '1.2.3.4 - "GET /ws HTTP/1.1" 404 12', "status": 404}),
    in_docker(NGINX.format("/ws", 101, "").encode()).decode().strip(),
    "2025/11/25 17:27:19 [error] 7#7: *1 upstream timed out (110: Connection timed out), "
    'client: 10.0.0.1, server: x, request: "GET /ws HTTP/1.1", upstream: "http://10.0.0.9/"',
    "2025-11-25 17:27:19 INFO app: nothing of interest",
)


def counts(logs: Logs) -> dict[str, object]:
    """Give all that was counted."""
    return {
        path: (+count.statuses, sorted(count.durations), count.timed, count.upgraded)
        for path, count in logs.access.paths.items()
    } | {"errors": logs.access.proxy_errors}


def counted(raw: bytes) -> Logs:
    """Count one log."""
    return found_in(raw)[1]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=40))
def test_lines_at_once_are_counted_as_each_by_itself(lines: list[str]) -> None:
    alone = Logs()
    for line in lines:
        list(alone.read_blocks(iter([f"{line}\n".encode()])))

    assert counts(counted("\n".join(lines).encode())) == counts(alone)


@pytest.mark.parametrize("line", LINES)
def test_a_crowd_is_counted_as_one_line_many_times(line: str) -> None:
    once, many = counted(f"{line}\n".encode()), counted(f"{line}\n".encode() * (CROWD + 1))

    for path, count in once.access.paths.items():
        crowd = many.access.paths[path]
        assert crowd.statuses == Counter({k: v * (CROWD + 1) for k, v in count.statuses.items()})
        assert (crowd.timed, crowd.shortest, crowd.longest) == (
            count.timed * (CROWD + 1),
            count.shortest,
            count.longest,
        )
    assert once.access.paths.keys() == many.access.paths.keys()


def test_statuses_that_tell_of_nothing_are_not_counted() -> None:
    usual = (NGINX.format("/ws", 200, ""), HAPROXY.format(200, "----", "/ws"), LINES[13], LINES[15])
    assert counted("\n".join(usual).encode()).access.paths == {}


def test_a_request_told_twice_on_one_line_is_counted_once() -> None:
    told = json.dumps({"message": '1.2.3.4 - "GET /ws HTTP/1.1" 404 12', "status": 404})
    assert counted(told.encode()).access.paths["/ws"].statuses == {404: 1}


def test_incidents_among_a_crowd_are_found_and_none_is_invented() -> None:
    crowd = "\n".join(LINES * CROWD).encode() + b"\n"
    groups, _ = found_in(crowd + by_logging() + crowd)
    found = {
        (each.example.exception, each.example.frame.rpartition(" in ")[2], each.example.phase)
        for each in groups
    }
    assert found == PLANTED
    assert found_in(crowd)[0] == []
