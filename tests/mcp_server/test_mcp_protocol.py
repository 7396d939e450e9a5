"""The server speaks the protocol, and nothing else, until its client has gone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from jsonschema import Draft202012Validator
from mcp_wire import Wire, client, environ, wire

from hangup import __version__

TOOLS = ["diagnose", "explain", "incidents", "logs", "preflight", "lookup"]


@pytest.mark.asyncio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_both_eras_of_the_protocol_list_the_tools(
    tmp_path: Path, mode: Literal["auto", "legacy"]
) -> None:
    async with client(tmp_path, mode=mode) as connected:
        listed = await connected.list_tools()
        assert [tool.name for tool in listed.tools] == TOOLS
        assert connected.server_info.version == __version__
        assert "env:NAME" in (connected.instructions or "")


@pytest.mark.asyncio
async def test_a_schema_is_an_object_that_stands_by_itself(tmp_path: Path) -> None:
    async with client(tmp_path) as connected:
        schemas = {tool.name: tool.input_schema for tool in (await connected.list_tools()).tools}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert "$ref" not in json.dumps(schema)
    assert schemas["diagnose"]["required"] == ["url"]


@pytest.mark.asyncio
async def test_what_is_granted_stands_in_the_schema(tmp_path: Path) -> None:
    granted = ("--max-budget", "7", "--max-connections", "5", "--allow", "chat.example.com")
    async with client(tmp_path, *granted) as connected:
        (diagnose, *_) = (await connected.list_tools()).tools
    properties = diagnose.input_schema["properties"]
    assert properties["budget"]["description"].endswith("At most 7.")
    assert properties["max_connections"]["description"].endswith("At most 5.")
    assert properties["url"]["description"].endswith("this machine, chat.example.com.")


@pytest.mark.asyncio
async def test_only_what_dials_says_that_it_is_more_than_reading(tmp_path: Path) -> None:
    async with client(tmp_path) as connected:
        hints = {tool.name: tool.annotations for tool in (await connected.list_tools()).tools}
    assert [name for name, hint in hints.items() if hint and not hint.read_only_hint] == [
        "diagnose"
    ]


def test_every_line_of_stdout_is_a_message_and_garbage_ends_nothing(tmp_path: Path) -> None:
    with wire(tmp_path) as server:
        server.write(b"no JSON at all \xff\xfe")
        server.write(b'{"jsonrpc": "2.0", "id": 77, "method": "no/such"}')
        answered = server.call("lookup", what="1011")
        assert answered["isError"] is False
        out, errors = server.end()
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())
    assert b"Traceback" not in errors
    assert server.process.returncode == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with wire(tmp_path_factory.mktemp("root")) as server:
        yield server


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("nothing", {}, "there is no such tool; the tools are diagnose, explain"),
        ("diagnose", {}, "diagnose: object missing required field `url`"),
        ("diagnose", {"url": 7}, "expected `str`, got `int` - at `$.url`"),
        ("diagnose", {"url": "ws://localhost/", "crowd": 9}, "unknown field `crowd`"),
        ("diagnose", {"url": "ws://localhost/", "budget": 61}, "at most 60 seconds are granted"),
        ("diagnose", {"url": "ws://localhost/", "max_connections": 41}, "at most 40 are granted"),
        ("diagnose", {"url": "gopher://localhost/"}, "the scheme 'gopher' is not one of ws, wss"),
        ("diagnose", {"url": "ws://localhost/", "header": ["@/etc/passwd"]}, "at `$.header[0]`"),
        ("diagnose", {"url": "ws://localhost/", "send": ["a\0"]}, "cannot be passed on"),
        ("explain", {"file": "none.har"}, "file: there is no such file or folder in"),
        ("explain", {"file": "/etc/passwd"}, "file: it lies outside of"),
        ("incidents", {"id": "*"}, "at `$.id`"),
        ("logs", {"files": []}, "length >= 1"),
        ("lookup", {"what": "no such thing"}, "nothing has all of these words"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_a_wrong_call_is_answered_with_one_sentence(
    shared: Wire, tool: str, arguments: dict[str, object], says: str
) -> None:
    result = shared.call(tool, **arguments)
    (content,) = result["content"]
    assert result["isError"]
    assert says in content["text"]
    assert "\n" not in content["text"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_stdin_is_open(tmp_path: Path, number: int) -> None:
    with wire(tmp_path) as server:
        server.process.send_signal(number)
        assert server.process.wait(timeout=10) == 130
        out, errors = server.end()
    assert all(json.loads(line) for line in out.splitlines())
    assert errors.strip() == b""


def test_a_client_that_reads_no_more_has_gone(tmp_path: Path) -> None:
    with wire(tmp_path) as server:
        assert server.process.stdout
        server.process.stdout.close()
        server.begin("tools/list", {})
        assert server.process.wait(timeout=10) == 0
        assert server.process.stderr
        assert server.process.stderr.read() == b""


def test_without_the_sdk_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['mcp'] = None; from hangup.__main__ import main"
    argv = [sys.executable, "-c", f"{script}; sys.exit(main())", "mcp"]
    done = subprocess.run(
        argv, cwd=tmp_path, env=environ(), capture_output=True, text=True, timeout=50, check=False
    )
    sentence = "hangup: the protocol needs its SDK; install it: pip install 'hangup[mcp]'\n"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == sentence
