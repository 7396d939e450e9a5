"""An AsyncAPI document becomes a plan, and a contract that every message must keep."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from websockets.sync.server import ServerConnection, serve

from hangup.asyncapi.api import read_api
from hangup.asyncapi.contract import MOST_BYTES, Contract
from hangup.asyncapi.example import NoExampleError, example_of
from hangup.errors import UsageError
from hangup.plan.read import parse_plan
from hangup.planning.promised import promised_plan

CHAT_3 = """
asyncapi: 3.0.0
info: {title: Chat, version: 1.0.0}
servers:
  queue: {host: mq.example.com, protocol: amqp}
  production:
    host: "{region}.example.com"
    pathname: /api
    protocol: wss
    variables: {region: {default: eu}}
    security: [{$ref: '#/components/securitySchemes/token'}]
channels:
  chat:
    address: /rooms/{room}
    parameters: {room: {default: lobby}}
    bindings:
      ws:
        query:
          type: object
          required: [version, api_key]
          properties: {version: {type: integer, const: 2}, api_key: {type: string}}
        headers: {type: object, required: [X-Tenant]}
    messages:
      ask: {$ref: '#/components/messages/ask'}
      answer: {$ref: 'parts/more.yaml#/messages/answer'}
      error: {$ref: '#/components/messages/error'}
operations:
  ask:
    action: receive
    channel: {$ref: '#/channels/chat'}
    messages: [{$ref: '#/channels/chat/messages/ask'}]
    reply:
      channel: {$ref: '#/channels/chat'}
      messages:
        - $ref: '#/channels/chat/messages/answer'
        - $ref: '#/channels/chat/messages/error'
components:
  securitySchemes:
    token: {type: httpApiKey, name: access_token, in: query}
  messages:
    ask:
      payload:
        type: object
        required: [type, text, at]
        properties:
          type: {const: ask}
          text: {type: string, minLength: 2}
          at: {type: string, format: date-time}
          parent: {$ref: '#/components/schemas/node'}
    error:
      payload: {type: object, required: [type], properties: {type: {const: error}}}
  schemas:
    node: {type: object, properties: {child: {$ref: '#/components/schemas/node'}}}
"""
MORE = """
messages:
  answer:
    payload:
      type: object
      required: [type, items]
      properties:
        type: {const: answer}
        items: {type: array, items: {$ref: '#/item'}}
item: {type: object, required: [id], properties: {id: {type: integer}}}
"""
CHAT_2 = """
asyncapi: 2.6.0
info: {title: Chat, version: 1.0.0}
servers: {local: {url: "localhost:{port}", protocol: ws, variables: {port: {default: '8000'}}}}
channels:
  /ws:
    publish:
      message:
        oneOf:
          - name: ping
            payload: {type: object, required: [type], properties: {type: {enum: [ping]}}}
          - name: ask
            payload: {type: object}
            examples: [{payload: {type: ask, text: hi, token: abcdefgh}}]
    subscribe:
      message:
        name: pong
        payload: {type: object, required: [type], properties: {type: {const: pong}}}
"""


@pytest.fixture
def chat_3(tmp_path: Path) -> str:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "more.yaml").write_text(MORE)
    return kept(tmp_path, CHAT_3)


def kept(folder: Path, text: str, name: str = "api.yaml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def plan_of(path: str, url: str | None = None) -> str:
    return promised_plan(path, url, str(Path(path).parent / "plan.yaml"))


def test_a_document_of_version_3_becomes_a_plan(
    chat_3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = plan_of(chat_3)
    assert "user: {token: {env: CHAT_TOKEN}, in: query, name: " in text
    assert 'expect: {type: {matches: "^(answer|error)$"}}' in text
    assert 'send: {type: ask, text: example, at: "2026-01-01T00:00:00Z"}' in text
    assert "wants the headers X-Tenant" in text
    monkeypatch.setenv("API_KEY", "abcdefgh")
    plan = parse_plan(text, str(Path(chat_3).parent / "plan.yaml"))
    url = "wss://eu.example.com/api/rooms/lobby?version=2&api_key=abcdefgh"
    assert {check.endpoint.url for check in plan.checks} == {url}
    assert all(check.contract for check in plan.checks)


def test_a_document_of_version_2_becomes_a_plan(tmp_path: Path) -> None:
    text = plan_of(kept(tmp_path, CHAT_2))
    assert "send: {type: ping}" in text
    assert 'send: {type: ask, text: hi, token: "${env:CHAT_TOKEN}"}' in text
    assert "abcdefgh" not in text
    assert "# Set CHAT_TOKEN." in text
    assert text.count("expect: {type: pong}") == 2


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("ws://127.0.0.1:9", "ws://127.0.0.1:9/ws"),
        ("ws://127.0.0.1:9/base", "ws://127.0.0.1:9/base/ws"),
        ("ws://127.0.0.1:9/base/ws", "ws://127.0.0.1:9/base/ws"),
    ],
)
def test_a_url_takes_the_place_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, wanted: str
) -> None:
    monkeypatch.setenv("CHAT_TOKEN", "any-token")
    path = kept(tmp_path, CHAT_2)
    plan = parse_plan(plan_of(path, url), str(tmp_path / "plan.yaml"))
    assert {check.endpoint.url for check in plan.checks} == {wanted}


def test_json_is_read_like_yaml(tmp_path: Path) -> None:
    document = {
        "asyncapi": "2.6.0",
        "channels": {"/ws": {"subscribe": {"message": {"payload": {"type": "string"}}}}},
    }
    path = kept(tmp_path, json.dumps(document), "api.json")
    assert read_api(path).channels[0].address == "/ws"


def channel(payload: str, more: str = "") -> str:
    return f"asyncapi: 2.6.0\nchannels: {{/ws: {{subscribe: {{message: {payload}}}}}}}\n{more}"


WRONG = {
    "openapi: 3.0.0": "it has no key 'asyncapi'",
    "asyncapi: 1.2.0": "its 'asyncapi' is '1.2.0'",
    "asyncapi: 2.6.0": "it has no channel",
    channel("{$ref: 'https://example.com/x.yaml#/a'}"): "is on another machine",
    channel("{$ref: '#/nowhere'}"): "has nothing at '/nowhere'",
    channel("{$ref: 'absent.yaml#/a'}"): "cannot be read",
    channel("{$ref: '#/a'}", "a: {$ref: '#/b'}\nb: {$ref: '#/a'}"): "form a circle",
    channel("{payload: {type: nonsense}}"): "the schema of the message",
    channel("{payload: {pattern: '('}}"): "the pattern cannot be checked",
    channel("{payload: {required: name}}"): "'required' takes a list of names",
    channel("{payload: {properties: [a]}}"): "'properties' takes a mapping",
    channel("{payload: [1]}"): "a schema must be a mapping",
    channel("[1]"): "a message must be a mapping",
    "asyncapi: 2.6.0\nchannels: &a {b: *a}": "aliases are not allowed",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_in_a_document_is_one_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(kept(tmp_path, text), "ws://127.0.0.1:9")
    assert WRONG[text] in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_document_without_a_server_needs_a_url(tmp_path: Path) -> None:
    path = kept(tmp_path, channel("{payload: {type: string}}"))
    with pytest.raises(UsageError, match="names no server for WebSockets; give the URL"):
        plan_of(path)


def test_a_schema_in_another_language_is_said_and_not_checked(tmp_path: Path) -> None:
    foreign = "{name: m, schemaFormat: application/vnd.apache.avro, payload: {type: record}}"
    path = kept(tmp_path, channel(foreign))
    text = plan_of(path, "ws://127.0.0.1:9")
    assert "# asyncapi:" in text
    assert "Messages that are heard are not validated: the schema of m is in" in text
    with pytest.raises(UsageError, match=r"plan.yaml:1:11: 'asyncapi': .* cannot be checked"):
        parse_plan(
            f"asyncapi: {Path(path).name}\nphases: [{{name: p, checks: [{{name: c, "
            "endpoint: 'ws://h/ws'}]}]",
            str(tmp_path / "plan.yaml"),
        )


def contract_of(path: str, at: str = "/rooms/x") -> Contract:
    return Contract(read_api(path).channel_at(at))


def test_channels_with_one_address_are_one_connection(tmp_path: Path) -> None:
    channels = "".join(
        f"  {name}: {{address: /ws{more}, messages: {{m: {{payload: {{const: {name}}}}}}}}}\n"
        for name, more in (("a", ""), ("b", ""), ("c", "/c"))
    )
    api = read_api(kept(tmp_path, f"asyncapi: 3.0.0\nchannels:\n{channels}"))
    found = [[each.name for each in api.channel_at(path)] for path in ("/x/ws", "/ws/c", "/y")]
    assert found == [["a", "b"], ["c"], ["a", "b", "c"]]


@pytest.mark.parametrize(
    ("said", "violation"),
    [
        ('{"type": "answer", "items": [{"id": 1}]}', ""),
        ('{"type": "error", "more": 1}', ""),
        (
            '{"type": "answer", "items": [{"id": "x"}]}',
            "a message is none of the 2 that the server may send on 'chat'; nearest is 'answer': "
            "at items.0.id: 'x' is not of type 'integer'",
        ),
        ('{"type": "answer"}', "nearest is 'answer': 'items' is a required property"),
        ('{"type": "other"}', "at type: 'error' was expected"),
        ("hello", "it is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("\udcff", "it is no JSON"),
        (" " * (MOST_BYTES + 1), "is too large to be held against its schema"),
    ],
    ids=lambda text: text[:30],
)
def test_a_message_keeps_the_contract_or_breaks_it_at_a_path(
    chat_3: str, said: str, violation: str
) -> None:
    found = contract_of(chat_3).violation(said.encode("utf-8", "surrogateescape"))
    assert violation in found
    assert bool(found) is bool(violation)


def test_a_violation_tells_no_secret(tmp_path: Path) -> None:
    schema = "{type: object, properties: {token: {type: integer}, of: {maxProperties: 0}}}"
    contract = contract_of(kept(tmp_path, channel(f"{{name: m, payload: {schema}}}")))
    for said in ({"token": "s3cret-token"}, {"of": {"password": "s3cret-token"}}):
        found = contract.violation(json.dumps(said).encode())
        assert found
        assert "s3cret" not in found


@pytest.fixture
def server() -> Iterator[str]:
    """Greets with a pong, and answers what it should only the first time."""

    def handle(connection: ServerConnection) -> None:
        for message in connection:
            kind = json.loads(message)["type"]
            connection.send(json.dumps({"type": "pong" if kind == "ping" else kind}))

    with serve(handle, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{running.socket.getsockname()[1]}/ws"
        running.shutdown()
        thread.join(10)


def test_a_check_that_hears_what_may_not_come_fails(
    server: str, tmp_path: Path, outcome_of: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    kept(tmp_path, CHAT_2)
    checks = outcome_of(
        f"endpoint: {server}\nasyncapi: api.yaml\ndiagnose: false\nphases:\n  - name: p\n"
        "    checks:\n"
        "      - {name: kept, steps: [{send: {type: ping}}, {expect: pong}]}\n"
        "      - {name: broken, steps: [{send: {type: other}}, {expect: other}]}\n"
    )
    assert checks["kept"]["outcome"] == "passed"
    assert checks["broken"]["outcome"] == "failed"
    assert checks["broken"]["says"] == (
        "a message is none of the 1 that the server may send on '/ws'; nearest is 'pong': at "
        "type: 'pong' was expected"
    )


def test_who_is_beside_a_check_may_hear_no_more_than_the_contract_says(
    tmp_path: Path, outcome_of: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    here: set[ServerConnection] = set()

    def tell_the_others(connection: ServerConnection) -> None:
        here.add(connection)
        for message in connection:
            for other in here - {connection}:
                other.send(message)

    kept(tmp_path, CHAT_2)
    with serve(tell_the_others, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        port = running.socket.getsockname()[1]
        checks = outcome_of(
            f"endpoint: ws://127.0.0.1:{port}/ws\nasyncapi: api.yaml\ndiagnose: false\n"
            "users: {bob: {}}\nphases:\n  - name: p\n    checks:\n      - name: c\n"
            "        steps: [{send: {type: other}}]\n"
            "        beside: [{as: bob, hears: [{type: other}]}]\n"
        )
        running.shutdown()
        thread.join(10)
    assert checks["c"]["outcome"] == "failed"
    assert "nearest is 'pong'" in checks["c"]["says"]


@pytest.fixture
def outcome_of(tmp_path: Path) -> Callable[[str], dict[str, dict[str, Any]]]:
    from bars.program import hangup

    def run(text: str) -> dict[str, dict[str, Any]]:
        (tmp_path / "plan.yaml").write_text(text)
        document = hangup("test", str(tmp_path / "plan.yaml"), "--json").document
        return {check["name"]: check for phase in document["phases"] for check in phase["checks"]}

    return run


names = st.sampled_from(["a", "b", "type"])
schemas = st.recursive(
    st.sampled_from(
        [
            {"type": "string", "minLength": 9},
            {"type": "string", "maxLength": 2},
            {"type": "string", "format": "uuid"},
            {"type": "integer", "minimum": 3, "multipleOf": 5},
            {"type": "integer", "exclusiveMaximum": 0},
            {"type": "number", "maximum": -2.5},
            {"type": ["null", "boolean"]},
            {"const": {"x": 1}},
            {"enum": ["p", "q"]},
            {"type": "string", "pattern": "^[a-z]+$"},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda properties: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties),
            },
            st.dictionaries(names, inner, max_size=3),
        ),
        st.builds(lambda items: {"type": "array", "items": items, "minItems": 2}, inner),
        st.builds(lambda one: {"anyOf": [one, {"type": "null"}]}, inner),
    ),
    max_leaves=6,
)


@given(schemas)
def test_an_example_keeps_its_schema_and_is_the_same_each_time(schema: dict[str, Any]) -> None:
    example = example_of(schema)
    Draft7Validator(schema).validate(example)
    assert example == example_of(schema)


def test_a_schema_that_contains_itself_has_no_example() -> None:
    node = {
        "type": "object",
        "required": ["left", "right"],
        "properties": {side: {"$ref": "#/definitions/n"} for side in ("left", "right")},
    }
    with pytest.raises(NoExampleError, match="contains itself"):
        example_of({"$ref": "#/definitions/n", "definitions": {"n": node}})
