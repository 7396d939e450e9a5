"""Stacks of Node and Java become incidents, with the innermost frame of the application."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from planted import caught_in, in_docker

from hangup.lab.servers import node

PROGRAM = """
function checkToken(token) { return token.parts.length; }
function onMessage() { try { checkToken(undefined); } catch (cause) {
  throw new Error('no answer', {cause}); } }
if (process.argv[2] === 'json') {
  try { onMessage(); } catch (err) { console.log(JSON.stringify({level: 50, time: Date.now(),
    err: {type: err.name, message: err.message, stack: err.stack}, msg: 'failed'})); }
} else if (process.argv[2] === 'trace') { console.trace('here'); } else { onMessage(); }
"""
JAVA = """2026-11-25 17:27:19.123 ERROR 7 --- [nio-8080-exec-1] c.e.chat.ChatHandler : failed

java.lang.IllegalStateException: no session
\tat com.example.chat.ChatHandler.handleTextMessage(ChatHandler.java:42)
\tat org.springframework.web.socket.handler.AbstractWebSocketHandler.handleMessage(A.java:43)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.lang.NullPointerException: Cannot invoke "User.id()"
\tat com.example.chat.Users.find(Users.java:7)
\t... 23 more
2026-11-25 17:27:20.000  INFO 7 --- [main] c.e.chat.Main : next
"""


def run_node(tmp_path: Path, how: str = "") -> bytes:
    script = tmp_path / "server.cjs"
    script.write_text(PROGRAM)
    done = subprocess.run([node(), str(script), how], capture_output=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_an_error_that_ends_node_is_an_incident(tmp_path: Path) -> None:
    (found,) = caught_in(run_node(tmp_path))
    assert (found.exception, found.message, found.phase) == ("Error", "no answer", "message")
    assert found.frame.endswith("server.cjs:4 in onMessage")
    assert found.chain[0].startswith("TypeError: Cannot read properties of undefined")


def test_a_stack_in_json_is_an_incident(tmp_path: Path) -> None:
    (found,) = caught_in(run_node(tmp_path, "json"))
    assert found.exception == "Error"
    assert found.frame.endswith(" in onMessage")
    assert found.at > 0


def test_a_trace_without_an_error_is_no_incident(tmp_path: Path) -> None:
    assert caught_in(run_node(tmp_path, "trace")) == []


@pytest.mark.parametrize("wrap", [bytes, in_docker], ids=["plain", "Docker"])
def test_an_exception_of_java_is_an_incident(wrap: type[bytes]) -> None:
    (found,) = caught_in(wrap(JAVA.encode()))
    assert (found.exception, found.message) == ("IllegalStateException", "no session")
    place = "ChatHandler.java:42 in com.example.chat.ChatHandler.handleTextMessage"
    assert (found.frame, found.phase) == (place, "message")
    assert found.chain == ('java.lang.NullPointerException: Cannot invoke "User.id()"',)


def test_a_stack_trace_of_logstash_is_an_incident() -> None:
    record = {
        "@timestamp": "2026-11-25T17:27:19.123Z",
        "level": "ERROR",
        "message": "failed",
        "stack_trace": JAVA.partition("\n\n")[2].partition("2026")[0],
    }
    (found,) = caught_in(json.dumps(record).encode())
    assert found.frame.startswith("ChatHandler.java:42")
