"""A file of stages is read as it is meant, or refused in one sentence that says where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.errors import DocumentError
from hangup.load.order import Stage
from hangup.load.stages_file import StagesFile, parse_stages, read_stages


def test_all_that_a_file_can_say() -> None:
    text = """
stages:
  - {for: 30s, rate: 50}
  - {for: 1.5, from: 0, to: 50}
  - at-once: 200
  - for: 2m
    rate: 0
connections: 5000
messages: 3
every: 500ms
hold: 1h
"""
    assert parse_stages(text, "s.yaml") == StagesFile(
        stages=(Stage(30, 50, 50), Stage(1.5, 0, 50), Stage(0, 200, 200), Stage(120, 0, 0)),
        connections=5000,
        messages=3,
        every=0.5,
        hold=3600,
    )


def test_what_is_not_said_is_none() -> None:
    assert parse_stages("stages: [{for: 1s, rate: 1}]", "s") == StagesFile(stages=(Stage(1, 1, 1),))


def test_nothing_to_wait_for_is_allowed() -> None:
    read = parse_stages("{stages: [{at-once: 1}], every: 0, hold: 0s}", "s")
    assert (read.every, read.hold) == (0, 0)


def test_json_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "stages.json"
    path.write_text(json.dumps({"stages": [{"for": "10s", "rate": 0.7}], "connections": 7}))
    assert read_stages(str(path)).connections == 7


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "the file is empty"),
        ("[1]", "1:1", "the file must be a mapping with the key 'stages'"),
        ("connections: 5", "1:1", "the key 'stages' is missing"),
        ("stages: 5", "1:9", "'stages' must be a list"),
        ("stages: []", "1:9", "'stages' is empty"),
        ("stage: []", "1:1", "unknown key 'stage'; did you mean 'stages'?"),
        ("stages:\n- 30s", "2:3", "a stage must be a mapping such as"),
        ("stages:\n- {rate: 1}", "2:3", "the stage has no 'for'"),
        ("stages:\n- {for: 1s}", "2:3", "a stage takes 'rate', or 'from' and 'to'"),
        ("stages:\n- {for: 1, rate: 1, to: 2}", "2:3", "a stage takes 'rate', or"),
        ("stages:\n- {for: 1s, from: 1}", "2:3", "the stage has no 'to'"),
        ("stages:\n- {for: 1s, to: 1}", "2:3", "the stage has no 'from'"),
        ("stages:\n- {for: 1s, rates: 1}", "2:13", "unknown key 'rates'; did you mean 'rate'?"),
        ("stages:\n- {for: 1s, rate: 1, rate: 2}", "2:22", "the key 'rate' is given twice"),
        ("stages:\n- {for: 0s, rate: 1}", "2:9", "'for' takes more than 0 s; for many at one"),
        ("stages:\n- {for: -1, rate: 1}", "2:9", "'for' takes a plain number of seconds"),
        ("stages:\n- {for: -1s, rate: 1}", "2:9", "'for' takes seconds, or a duration such as"),
        ("stages:\n- {for: .nan, rate: 1}", "2:9", "'for' takes a plain number of seconds"),
        ("stages:\n- {for: .inf, rate: 1}", "2:9", "'for' takes a plain number of seconds"),
        ("stages:\n- {for: 1:30, rate: 1}", "2:9", "'for' takes a plain number of seconds"),
        ("stages:\n- {for: 8000h, rate: 1}", "2:9", "'for' takes 7 days at most"),
        ("stages:\n- {for: 1e999, rate: 1}", "2:9", "'for' takes"),
        ("stages:\n- {for: soon, rate: 1}", "2:9", "'for' takes seconds, or a duration such as"),
        ("stages:\n- {for: [1], rate: 1}", "2:9", "'for' takes seconds, or a duration such as"),
        ("stages:\n- {for: ٣s, rate: 1}", "2:9", "'for' takes seconds, or a duration such as"),
        ("stages:\n- {for: 1s, rate: -1}", "2:19", "'rate' takes 0 to 1,000,000 arrivals"),
        ("stages:\n- {for: 1s, rate: 1e9}", "2:19", "'rate' takes a plain number"),
        ("stages:\n- {for: 1s, rate: 9999999}", "2:19", "'rate' takes 0 to 1,000,000 arrivals"),
        ("stages:\n- {for: 1s, rate: .nan}", "2:19", "'rate' takes a plain number"),
        ("stages:\n- {for: 1s, rate: '5'}", "2:19", "'rate' takes a plain number"),
        ("stages:\n- {for: 1s, rate: true}", "2:19", "'rate' takes a plain number"),
        ("stages:\n- {at-once: 0}", "2:13", "'at-once' takes a whole number from 1 to"),
        ("stages:\n- {at-once: 5, for: 1s}", "2:3", "'at-once' stands alone in its stage"),
        ("stages:\n- {for: 1s, rate: 0.5}", "2:1", "in these stages not one connection arrives"),
        ("stages:\n- {at-once: 1}\nconnections: 0", "3:14", "'connections' takes a whole number"),
        ("stages:\n- {at-once: 1}\nmessages: 1.5", "3:11", "'messages' takes a whole number"),
        ("stages:\n- {at-once: 1}\nhold: -1", "3:7", "'hold' takes a plain number of seconds"),
        ("stages: *a", "1:9", "aliases are not allowed here"),
        ("stages: [", "1:10", "while parsing a flow node"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(DocumentError) as raised:
        parse_stages(text, "s.yaml")
    assert str(raised.value).startswith(f"s.yaml:{place}: {words}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="it cannot be read: no such file"):
        read_stages(str(tmp_path / "none.yaml"))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
PARTS = st.dictionaries(st.sampled_from(["for", "rate", "from", "to", "at-once"]), SCALARS)
KEYS = st.sampled_from(["stages", "connections", "messages", "every", "hold"])


@given(st.dictionaries(KEYS, SCALARS | st.lists(SCALARS | PARTS, max_size=3)))
def test_any_document_is_read_or_refused(document: dict[str, object]) -> None:
    try:
        read = parse_stages(json.dumps(document), "s")
    except DocumentError as exc:
        assert str(exc).startswith("s:1:")  # noqa: PT017 - that it raises is not certain
    else:
        assert read.stages
