"""A WebSocket in a HAR as Chrome writes it, to be changed and read."""

from __future__ import annotations

import json
from typing import Any

from hangup.trace import Trace
from hangup.vantage.har import read_har

BEGAN = 1767323045.0  # 2026-01-02T03:04:05Z


def entry(**changes: Any) -> dict[str, Any]:
    """As Chrome writes it."""
    return {
        "_initiator": {"type": "script"},
        "_priority": "High",
        "_resourceType": "websocket",
        "_webSocketMessages": [
            {"type": "send", "time": BEGAN + 0.5, "opcode": 1, "data": '{"a": 1}'},
            {"type": "receive", "time": BEGAN + 0.6, "opcode": 1, "data": "é"},
            {"type": "receive", "time": BEGAN + 0.7, "opcode": 2, "data": "AAEC"},
        ],
        "cache": {},
        "connection": "4711",
        "request": {
            "method": "GET",
            "url": "wss://app.example/ws?room=1",
            "httpVersion": "HTTP/1.1",
            "headers": [
                {"name": "Origin", "value": "https://app.example"},
                {"name": "Sec-WebSocket-Protocol", "value": "v1"},
            ],
            "queryString": [{"name": "room", "value": "1"}],
            "cookies": [],
            "headersSize": 512,
            "bodySize": 0,
        },
        "response": {
            "status": 101,
            "statusText": "Switching Protocols",
            "httpVersion": "HTTP/1.1",
            "headers": [
                {"name": "Sec-WebSocket-Protocol", "value": "v1"},
                {"name": "Sec-WebSocket-Extensions", "value": "permessage-deflate; a=1, x-other"},
            ],
            "cookies": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": 200,
            "bodySize": 0,
            "_transferSize": 0,
            "_error": None,
        },
        "serverIPAddress": "[2001:db8::1]",
        "startedDateTime": "2026-01-02T03:04:05.000Z",
        "time": 1000.0,
        "timings": {
            "blocked": 10,
            "dns": 20,
            "ssl": 25,
            "connect": 30,
            "send": 0,
            "wait": 40,
            "receive": 900,
            "_blocked_queueing": -1,
        },
        **changes,
    }


def har(*entries: dict[str, Any]) -> bytes:
    creator = {"name": "WebInspector", "version": "537.36"}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}).encode()


def read(*entries: dict[str, Any]) -> Trace:
    (trace,) = read_har(har(*entries), "a.har")
    return trace
