"""Closes, values, frames and phases are judged by tables and searches that need no connection."""

from __future__ import annotations

import json
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.recorder.closes import close_tried, fault_of
from hangup.recorder.frames import Place, at_work, innermost, origin, raised_at, shown
from hangup.recorder.phase import Progress, phase_of, speaks_of_auth
from hangup.recorder.recording import build_of
from hangup.recorder.unserializable import is_unserializable, path_to, place_of


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999, None])
def test_a_code_that_a_frame_can_hold_is_legal(code: int | None) -> None:
    assert close_tried(code, "").legal
    assert fault_of(code, "") == ""


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (1005, "reserved"),
        (1006, "reserved"),
        (1015, "reserved"),
        (401, "HTTP status"),
        (2999, "not assigned"),
        (5000, "not assigned"),
        ("1000", "the code is a str"),
    ],
)
def test_another_code_is_told_with_what_is_wrong(code: Any, says: str) -> None:
    assert not close_tried(code, "").legal
    assert says in fault_of(code, "")


def test_a_reason_is_measured_in_bytes() -> None:
    assert close_tried(1000, "\u00e9" * 61).legal
    assert not close_tried(1000, "\u00e9" * 62).legal
    assert "124 bytes" in fault_of(1000, "\u00e9" * 62)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(PLAIN)
def test_what_json_holds_has_no_such_place(value: object) -> None:
    json.dumps(value)
    assert path_to(value) == ""


@given(PLAIN, st.lists(st.integers(0, 3) | st.sampled_from("abc"), max_size=5))
def test_the_place_of_a_planted_value_is_found(beside: object, steps: list[int | str]) -> None:
    value: object = datetime.now(UTC)
    path = "$"
    for step in reversed(steps):
        value = {step: value} if isinstance(step, str) else [*([beside] * step), value]
    for step in steps:
        path += f".{step}" if isinstance(step, str) else f"[{step}]"

    assert path_to(value) == f"{path}: datetime.datetime"


def test_a_circle_and_a_strange_key_are_places_too() -> None:
    circle: dict[str, Any] = {"a": []}
    circle["a"].append(circle)

    assert path_to(circle) == "$.a[0]: circular reference"
    assert path_to({"a": {(1, 2): "b"}}) == "$.a: key of type tuple"


def test_a_key_that_is_no_name_is_quoted() -> None:
    assert path_to({"a b": [set()]}) == "$['a b'][0]: set"


def test_an_encoder_s_exception_leads_to_the_value() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"a": [1, {"at": object()}]})

    assert is_unserializable(caught.value)
    assert place_of(caught.value) == "$.a[1].at: object"


def test_another_type_error_is_none_of_an_encoder() -> None:
    assert not is_unserializable(TypeError("can only concatenate str (not 'int') to str"))


def test_the_innermost_frame_is_the_application_s_and_not_the_library_s() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")

    place = innermost(raised_at(caught.value))

    assert place is not None
    assert Path(place.code.co_filename) == Path(__file__)
    assert str(place).endswith(f":{place.line} in {place.code.co_name}")


def test_files_are_shown_from_where_they_are_imported() -> None:
    assert shown(sys.modules["hangup.recorder"].__file__ or "") == "hangup/recorder/__init__.py"
    assert shown("/elsewhere/app.py") == "/elsewhere/app.py"


def test_whose_a_file_is() -> None:
    assert origin(json.__file__) == "standard"
    assert origin(pytest.__file__) == "installed"
    assert origin(__file__) == "application"
    assert origin("<frozen importlib._bootstrap>") == "standard"


def place(module: str, function: str, file: str = "app.py") -> Place:
    code = compile("", file, "exec").replace(co_name=function, co_qualname=function)
    assert isinstance(code, types.CodeType)
    return Place(code, 1, module)


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("app.auth", "load"),
        ("app.users", "check_token"),
        ("app.jwt", "decode"),
        ("app.deps", "get_current_user"),
        ("app.views", "login"),
        ("app.views", "Authenticator.run"),
    ],
)
def test_names_that_speak_of_auth(module: str, function: str) -> None:
    assert speaks_of_auth([place(module, function)])


@pytest.mark.parametrize(
    ("module", "function"),
    [("app.books", "author_of"), ("app.llm", "count_tokens"), ("app.text", "tokenize")],
)
def test_names_that_only_look_like_it(module: str, function: str) -> None:
    assert not speaks_of_auth([place(module, function)])


def test_a_middleware_of_authentication_does_not_speak_for_what_it_calls() -> None:
    library = f"/x/site-{'packages'}/framework.py"
    frames = [
        place("app.auth_middleware", "__call__"),
        place("framework", "route", library),
        place("app.chat", "answer"),
    ]

    assert [each.module for each in at_work(frames)] == ["app.chat"]


@pytest.mark.parametrize(
    ("accepted", "sent", "received", "closing", "auth", "phase"),
    [
        (False, 0, 0, False, False, "accept"),
        (False, 0, 0, False, True, "auth"),
        (True, 0, 0, False, True, "auth"),
        (True, 0, 1, False, True, "auth"),
        (True, 1, 1, False, True, "message"),
        (True, 0, 0, False, False, "open"),
        (True, 3, 0, False, False, "message"),
        (True, 3, 3, True, False, "closing"),
    ],
)
def test_the_phase_follows_from_how_far_it_came(
    accepted: bool, sent: int, received: int, closing: bool, auth: bool, phase: str
) -> None:
    assert phase_of(Progress(accepted, sent, received, closing, auth)) == phase


def test_the_build_is_named_by_the_environment() -> None:
    assert build_of({"K_REVISION": "chat-00042", "GIT_COMMIT": "abc"}) == "chat-00042"
    assert build_of({}) == ""
