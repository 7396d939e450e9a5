"""Scenario files: what they say, and where exactly they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_in import Run, refusal

from hangup.conversation import Expect, Send, Wait
from hangup.document import MOST_BYTES
from hangup.errors import DocumentError
from hangup.scenario import parse_scenario, read_scenario

GOOD = r"""
# a comment
steps:
  - send: '{"type": "hello"}'
  - expect: '"type": *"welcome"'
    within: 2
  - send-base64: AAEC/w==
  - send: |
      two
      lines
  - send: "\u00e9"
  - wait: .5
  - expect: "^$"
"""

STEPS = (
    Send('{"type": "hello"}'),
    Expect('"type": *"welcome"', 2.0),
    Send(b"\x00\x01\x02\xff"),
    Send("two\nlines\n"),
    Send("é"),
    Wait(0.5),
    Expect("^$"),
)

BAD = [
    ("", "1:1: the scenario is empty"),
    ("# nothing\n", "1:1: the scenario is empty"),
    ("hello", "1:1: the scenario must be a mapping with the key 'steps'"),
    ("{}", "1:1: the key 'steps' is missing"),
    ("steps: x", "1:8: 'steps' must be a list"),
    ("steps: []", "1:8: 'steps' is empty"),
    ("stepps: []", "1:1: unknown key 'stepps'; did you mean 'steps'?"),
    ("steps:\n- hello", "2:3: a step must be a mapping such as 'send: text'"),
    ("steps:\n- {}", "2:3: a step has exactly one of send, send-base64, expect, wait; this one"),
    ("steps:\n- sned: x", "2:3: unknown key 'sned'; did you mean 'send'?"),
    ("steps:\n- zzz: x", "2:3: unknown key 'zzz'; known are send, send-base64, expect, wait, w"),
    ("steps:\n- [1]: x", "2:3: a key must be one of send"),
    ("steps:\n- send: x\n  expect: y", "2:3: a step has exactly one of"),
    ("steps:\n- send: x\n  send: y", "3:3: the key 'send' is given twice"),
    ("steps:\n- send: 12", "2:9: 'send' takes text; put it in quotes"),
    ("steps:\n- send: yes", "2:9: 'send' takes text; put it in quotes"),
    ("steps:\n- send: {a: 1}", "2:9: 'send' takes text; put it in quotes"),
    ("steps:\n- send:", "2:8: 'send' takes text; put it in quotes"),
    ("steps:\n- send: !!python/object:os.system x", "2:9: 'send' takes text"),
    ('steps:\n- send: "\\ud800"', "2:9: 'send' holds half of a surrogate pair"),
    ("steps:\n- send-base64: a", "2:16: 'send-base64' is not valid base64"),
    ("steps:\n- expect: '('", "2:11: 'expect' is no regular expression: missing )"),
    ("steps:\n- send: x\n  within: 1", "3:3: 'within' belongs to 'expect', not to 'send'"),
    ("steps:\n- within: 1", "2:3: a step has exactly one of"),
    ("steps:\n- expect: x\n  within: 0", "3:11: 'within' takes a plain number of seconds, more"),
    ("steps:\n- expect: x\n  within: '1'", "3:11: 'within' takes a number of seconds"),
    ("steps:\n- wait: .nan", "2:9: 'wait' takes a plain number of seconds, at least 0"),
    ("steps:\n- wait: .inf", "2:9: 'wait' takes a plain number of seconds, at least 0"),
    ("steps:\n- wait: -1", "2:9: 'wait' takes a plain number of seconds, at least 0"),
    ("steps:\n- wait: 1:30", "2:9: 'wait' takes a plain number of seconds, at least 0"),
    ("steps:\n- wait: true", "2:9: 'wait' takes a number of seconds"),
    ("steps: [", "1:9: while parsing a flow node"),
    ("steps:\n\t- send: x", "2:1: while scanning for the next token"),
    ("steps:\n- send: 'x", "2:11: while scanning a quoted scalar"),
    ("a: &x 1\nsteps: *x", "2:8: aliases are not allowed here"),
    ("steps: [{send: a}]\n---\nsteps: []", "2:1: expected a single document"),
    ("steps:\n- send: \x07", "2:9: a character that YAML does not allow"),
    ("steps: " + "[" * 5000, "s.yaml: it is nested too deeply"),
]


def test_every_kind_of_step_is_read() -> None:
    assert parse_scenario(GOOD, "s.yaml").steps == STEPS


def test_json_is_read_with_its_tabs_and_surrogate_pairs() -> None:
    steps = [{"send": "😀\t/"}, {"expect": "a", "within": 1}]
    text = json.dumps({"steps": steps}, indent="\t").replace("/", "\\/")
    assert parse_scenario(text, "s.json").steps == (Send("😀\t/"), Expect("a", 1.0))


@pytest.mark.parametrize(("text", "sentence"), BAD)
def test_a_mistake_is_named_with_its_line_and_column(text: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_scenario(text, "s.yaml")
    start = sentence if sentence.startswith("s.yaml") else f"s.yaml:{sentence}"
    assert str(caught.value).startswith(start)


def test_a_mistake_ends_the_command_with_its_place(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("steps:\n  - sned: x\n")
    outcome = run("ws://host/", "--scenario", str(path))
    assert outcome == (2, "", f"hangup: {path}:2:5: unknown key 'sned'; did you mean 'send'?\n")


def test_bytes_that_are_not_utf8_are_named_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("steps:\n- send: é".encode() + b"\xff")
    with pytest.raises(DocumentError, match=r":2:10: it is not UTF-8$"):
        read_scenario(str(path))


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfsteps: [{send: a}]")
    assert read_scenario(str(path)).steps == (Send("a"),)


def test_a_file_above_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(DocumentError, match="it is larger than 1 MiB"):
        read_scenario(str(path))


@given(st.text(st.characters(codec=None), max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    sentence = refusal(parse_scenario, text, "s.yaml")
    assert sentence is None or sentence.startswith("s.yaml")


TOKENS = ["steps", "send", "expect", "wait", "within", "send-base64", ": ", "- ", "\n", "  ", "[",
          "]", "{", "}", ",", "'", '"', "&a ", "*a", "!!int ", "!!float ", "!!str ", "1e999", "0x1",
          "1_0", "2001-99-99", "|", ">", "?", "#", "x", "\\ud800", "<<"]  # fmt: skip


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_nothing_like_a_scenario_raises_anything_else(text: str) -> None:
    sentence = refusal(parse_scenario, text, "s.yaml")
    assert sentence is None or sentence.startswith("s.yaml")


@given(st.lists(st.text().map(lambda text: {"send": text}), min_size=1))
def test_whatever_json_sends_is_sent(steps: list[dict[str, str]]) -> None:
    conversation = parse_scenario(json.dumps({"steps": steps}), "s.json")
    assert [step["send"] for step in steps] == [send.data for send in conversation.sends]
