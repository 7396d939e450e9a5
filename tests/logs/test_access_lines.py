"""Access lines are counted by path and status, their durations show timers."""

from __future__ import annotations

import json

import pytest
from planted import found_in, in_docker

from hangup.logs.access import Access, PathCount
from hangup.logs.needles import MOST, WORDS

UPGRADES = {
    "nginx": '10.0.0.1 - - [25/Nov/2025:17:27:19 +0000] "GET /ws?token=abc HTTP/1.1" 101 512 "-"'
    ' "Mozilla/5.0" 60.001',
    "nginx with names": '10.0.0.1 - - [25/Nov/2025:17:27:19 +0000] "GET /ws HTTP/1.1" 101 512 "-"'
    ' "Mozilla/5.0" rt=60.001 uct="0.000"',
    "HAProxy": "Nov 25 17:27:19 lb haproxy[7]: 10.0.0.1:4711 [25/Nov/2025:17:26:19.123] fe be/s1 "
    '0/0/1/2/60001 101 5678 - - cD-- 1/1/0/0/0 0/0 "GET /ws HTTP/1.1"',
    "Envoy": '[2025-11-25T17:27:19.123Z] "GET /ws HTTP/1.1" 101 DC 0 123 60001 - "-" "-" "id" "h"'
    ' "10.0.0.2:8000"',
    "Envoy, newer": '[2025-11-25T17:27:19.123Z] "GET /ws HTTP/1.1" 101 - via_upstream - "-" 9 123'
    ' 60001 59 "-" "-" "id" "h" "10.0.0.2:8000"',
    "Envoy JSON": json.dumps(
        {"path": "/ws", "response_code": 101, "duration": 60001}, separators=(",", ":")
    ),
    "Caddy": json.dumps(
        {
            "logger": "http.log.access",
            "request": {"method": "GET", "uri": "/ws", "headers": {"Upgrade": ["websocket"]}},
            "duration": 60.001,
            "status": 101,
        },
        separators=(",", ":"),
    ),
    "Traefik": json.dumps(
        {"RequestPath": "/ws", "DownstreamStatus": 101, "Duration": 60_001_000_000}
    ),
    "Cloud Logging": json.dumps(
        {
            "httpRequest": {
                "requestUrl": "https://chat.example.com/ws?key=1",
                "status": 101,
                "latency": "60.001s",
            }
        }
    ),
}
UNTIMED = {
    "uvicorn": 'INFO:     127.0.0.1:4711 - "WebSocket /ws?a=b" [accepted]',
    "hypercorn": "[2025-11-25 17:27:19 +0000] [7] [INFO] 127.0.0.1:4711 - - [25/Nov/2025:17:27:19"
    ' +0000] "GET /ws 1.1" 101 - "-" "x"',
    "Apache": '10.0.0.1 - - [25/Nov/2025:17:27:19 +0000] "GET /ws HTTP/1.1" 101 512',
    "Docker": in_docker(b'10.0.0.1 - - [x] "GET /ws HTTP/1.1" 101 512\n').decode().strip(),
}


@pytest.mark.parametrize("name", UPGRADES)
def test_an_upgrade_is_counted_with_its_duration(name: str) -> None:
    _, logs = found_in(f"{UPGRADES[name]}\n".encode() * 3)
    (count,) = logs.access.websockets().values()
    assert dict(count.statuses) == {101: 3}
    assert (count.shortest, count.longest) == pytest.approx((60.001, 60.001))


@pytest.mark.parametrize("name", UNTIMED)
def test_an_upgrade_without_a_duration_is_counted_too(name: str) -> None:
    _, logs = found_in(f"{UNTIMED[name]}\n".encode())
    assert [(path, dict(c.statuses)) for path, c in logs.access.websockets().items()] == [
        ("/ws", {101: 1})
    ]


def test_refusals_are_counted_by_their_status() -> None:
    lines = [
        f'10.0.0.1 - - [25/Nov/2025:17:27:19 +0000] "GET /ws HTTP/1.1" {status} 5'
        for status in (101, 403, 403, 500, 502, 200)
    ]
    _, logs = found_in("\n".join(lines).encode())
    assert dict(logs.access.paths["/ws"].statuses) == {101: 1, 403: 2, 500: 1, 502: 1}


def test_what_is_refused_by_uvicorn_is_an_upgrade_too() -> None:
    _, logs = found_in(b'INFO:     127.0.0.1:4711 - "WebSocket /live/chat" 403\n')
    assert dict(logs.access.websockets()["/live/chat"].statuses) == {403: 1}


def test_the_duration_of_daphne_lies_between_two_lines() -> None:
    line = '127.0.0.1:4711 - - [25/Nov/2025:17:{}:19] "{} /ws/room/" - -\n'
    raw = line.format("27", "WSCONNECT") + line.format("28", "WSDISCONNECT")
    _, logs = found_in(raw.encode())
    count = logs.access.paths["/ws/room/"]
    assert (dict(count.statuses), count.longest) == ({101: 1}, 60.0)


def test_a_timer_shows_as_a_spike() -> None:
    access = Access()
    for took in (60.0, 60.1, 59.9, 60.0, 3.0, 17.0):
        access.take(f'x - - [x] "GET /ws HTTP/1.1" 101 5 "-" "-" {took:.3f}\n'.encode())
    assert access.paths["/ws"].spike() == (60.0, pytest.approx(4 / 6))


def test_durations_that_differ_are_no_spike() -> None:
    assert PathCount(durations=[3.0, 17.0, 44.0, 90.0, 200.0]).spike() is None


def test_the_errors_of_nginx_are_counted_without_addresses() -> None:
    line = (
        "2025/11/25 17:27:19 [error] 7#7: *{} upstream timed out (110: Connection timed out) while "
        'proxying upgraded connection, client: 10.0.0.{}, server: x, request: "GET /ws?token=s3cr3t'
        ' HTTP/1.1", upstream: "http://10.0.0.9:8000/ws"\n'
    )
    _, logs = found_in((line.format(1, 1) + line.format(2, 2)).encode())
    said = "upstream timed out (110: Connection timed out) while proxying upgraded connection"
    assert dict(logs.access.proxy_errors) == {said: 2}


def test_the_errors_of_apache_are_counted() -> None:
    line = (
        "[Tue Nov 25 17:27:19.123456 2025] [proxy:error] [pid 7:tid 8] (111)Connection refused: "
        "AH00957: http: attempt to connect to 127.0.0.1:8000 (127.0.0.1:8000) failed\n"
    )
    _, logs = found_in(line.encode())
    (said,) = logs.access.proxy_errors
    assert said.startswith("(111)Connection refused: AH00957")
    assert "127.0.0.1" not in said


@pytest.mark.parametrize("number", [3, 3000])
def test_many_lines_are_counted_as_few_are(number: int) -> None:
    lines = [
        'INFO:     127.0.0.1:4711 - "WebSocket /ws?token=x" [accepted]\n',
        'INFO:     127.0.0.1:4711 - "WebSocket /ws" 403\n',
        'INFO:     127.0.0.1:4711 - "GET /ws HTTP/1.1" 404 Not Found\n',
        'x - - [x] "GET /ws HTTP/1.1" 502 5 "-" "-"\n',
        'x - - [x] "GET /ws HTTP/1.1" 101 5 "-" "-" 1.000\n',
    ]
    _, logs = found_in("".join(lines * number).encode())
    counted = dict(logs.access.paths["/ws"].statuses)
    assert counted == {101: 2 * number, 403: number, 404: number, 502: number}


def test_ids_in_paths_are_one_row() -> None:
    lines = (f'x - - [x] "GET /ws/{i:08d} HTTP/1.1" 101 5\n' for i in range(9))
    _, logs = found_in("".join(lines).encode())
    assert list(logs.access.paths) == ["/ws/*"]


def test_the_search_stays_vectorised() -> None:
    assert len(WORDS) <= MOST
