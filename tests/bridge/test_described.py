"""The AsyncAPI document of a bridge: valid, complete, and true of what is on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator
from msgspec import Struct

from hangup.asyncapi.api import Channel, read_api
from hangup.asyncapi.contract import Contract
from hangup.bridge import AgentEvent, asyncapi
from hangup.bridge.described import BATCH
from hangup.bridge.events import BUILT_IN, CRITICAL, Partial, encode
from hangup.bridge.log import Entry
from hangup.bridge.words import CONTROL, Trouble, Welcome, batch, frame, told

OFFICIAL = Path("node_modules", "@asyncapi", "specs", "schemas", "3.0.0-without-$id.json")


class Place(Struct, tag_field="kind", tag="place"):
    near: tuple[float, float]


class Person(Struct, tag_field="kind", tag="person"):
    name: str


class Moved(AgentEvent, frozen=True, kw_only=True, tag="app/moved", forbid_unknown_fields=True):
    who: Person | Place
    prefixItems: tuple[int, str] = (1, "a")  # noqa: N815 - the name of a keyword


class Ask(Struct, tag_field="type", tag="ask"):
    text: str


class Heard(Struct, tag_field="type", tag="heard"):
    text: str


def document() -> dict[str, Any]:
    return asyncapi(app_events=[Moved], messages={Ask: [Heard]}, url="wss://chat.example/a/ws")


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    path = Path(__file__).parents[1] / "node" / OFFICIAL
    if not path.exists():
        pytest.fail("@asyncapi/specs is missing: make test installs it", pytrace=False)
    return Draft7Validator(json.loads(path.read_text()))


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    path = tmp_path / "asyncapi.json"
    path.write_text(json.dumps(document()))
    (found,) = read_api(str(path)).channels
    return found


def test_it_keeps_to_the_official_schema(official: Draft7Validator) -> None:
    assert [error.message for error in official.iter_errors(document())] == []


@pytest.mark.parametrize(
    "path", [("info", "title"), ("channels", "socket", "messages", "ping"), ("operations", "tell")]
)
def test_the_official_schema_sees_what_is_wrong(
    official: Draft7Validator, path: tuple[str, ...]
) -> None:
    broken = json.loads(json.dumps(document()))
    place = broken
    for each in path[:-1]:
        place = place[each]
    place[path[-1]] = 7
    assert not official.is_valid(broken)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_reference_leads_to_something() -> None:
    whole = document()
    found = list(references(whole))
    for each in found:
        place = whole
        for step in each.removeprefix("#/").split("/"):
            place = place[step]
        assert place
    assert len(set(found)) > 40


def test_it_is_of_the_place_that_was_given() -> None:
    whole = document()
    assert whole["servers"]["here"]["host"] == "chat.example"
    assert whole["servers"]["here"]["protocol"] == "wss"
    assert whole["channels"]["socket"]["address"] == "/a/ws"
    with pytest.raises(ValueError, match="no URL as wss://"):
        asyncapi(url="https://chat.example")


def test_it_has_every_message_of_both_sides(channel: Channel) -> None:
    said = {each.says.name: {reply.name for reply in each.replies} for each in channel.exchanges}
    assert said.keys() == CONTROL | {"ask"}
    assert said["ask"] == {"heard", "error"}
    assert said["ping"] == {"pong"}
    heard = {each.name for each in channel.hears}
    assert heard >= {*CRITICAL, "partial", "agent_error", "app/moved", BATCH, "welcome", "expiring"}


def on_the_wire() -> Iterator[str]:
    moved = Moved(who=Place((1.5, 2.5)))
    frames = [
        frame(Entry(number, "r-1", number, 1.5, encode(event).body))
        for number, event in enumerate((Partial(text="x"), moved), start=1)
    ]
    yield from (each.decode() for each in frames)
    yield batch(frames)
    yield told(Trouble(code="failed", message="it could not be handled"))
    yield told(
        Welcome(session="s", user="u", epoch="e", first=1, seq=0, runs=("r",), heartbeat=15.0)
    )


@pytest.mark.parametrize("text", list(on_the_wire()))
def test_what_is_on_the_wire_keeps_to_it(channel: Channel, text: str) -> None:
    assert Contract([channel]).violation(text.encode()) == ""


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"partial","text":"x"}',
        '{"type":"partial","text":7,"seq":1,"run":"r","step":1,"at":1}',
        '{"type":"events","events":[{"type":"partial"}]}',
        '{"type":"app/moved","who":{"kind":"place","near":[1]},"seq":1,"run":"r","step":1,"at":1}',
        '{"type":"app/moved","who":{"kind":"person","name":"a"},"prefixItems":["a",1],"seq":1,'
        '"run":"r","step":1,"at":1}',
        '{"type":"made_up"}',
    ],
)
def test_what_is_not_as_it_says_is_seen(channel: Channel, text: str) -> None:
    assert Contract([channel]).violation(text.encode()) != ""


def test_two_types_with_one_tag_and_a_type_without_are_refused() -> None:
    class Again(AgentEvent, frozen=True, kw_only=True, tag="partial"):
        """A piece of something else."""

    class Untagged(Struct):
        """Nothing tells what it is."""

    with pytest.raises(TypeError, match=r"Again and Partial are both 'partial'|Partial and Again"):
        asyncapi(app_events=[Again])
    with pytest.raises(TypeError, match="Untagged needs a tag"):
        asyncapi(messages={Untagged: []})


def test_types_of_one_name_from_two_modules_are_told_apart() -> None:
    class Partial(AgentEvent, frozen=True, kw_only=True, tag="my_partial"):
        """A piece of another kind."""

        piece: int

    messages = asyncapi(app_events=[Partial])["components"]["messages"]
    assert messages["partial"]["payload"] != messages["my_partial"]["payload"]


def test_every_built_in_event_says_what_it_is() -> None:
    messages = asyncapi()["components"]["messages"]
    for kind in BUILT_IN:
        tag = kind.__struct_config__.tag
        assert messages[tag]["summary"] == (kind.__doc__ or "").strip().partition("\n")[0]
    assert msgspec.json.decode(msgspec.json.encode(messages)) == messages
