"""Each arrival is somebody, and braces that are no name stay as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.load.people import (
    People,
    filled,
    filled_message,
    filled_target,
    secrets_in,
    used_in,
)

ROWS = [("alice", "key-a"), ("bob", "key-b"), ("carol", "key-c")]
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def of_rows(*, once: bool = False) -> People:
    return People(columns=("name", "api_key"), rows=ROWS, once=once)


def test_templates_take_the_number_of_the_arrival() -> None:
    people = People({"user": "user-{n}", "token": "tok-{n:05d}"})
    assert people.values(42) == {"n": "42", "user": "user-42", "token": "tok-00042"}
    assert people.names == ("n", "user", "token")
    assert people.most is None


def test_a_template_takes_columns_and_the_templates_before_it() -> None:
    people = People(
        {"user": "{name}", "token": "{user}.{api_key}"}, columns=("name", "api_key"), rows=ROWS
    )
    assert people.values(2)["token"] == "bob.key-b"


def test_rows_are_taken_in_turn() -> None:
    assert [of_rows().values(n)["name"] for n in (1, 2, 3, 4)] == ["alice", "bob", "carol", "alice"]
    assert of_rows().most is None


def test_once_there_are_as_many_as_rows() -> None:
    assert of_rows(once=True).most == 3


def test_nobody_in_particular_has_a_number() -> None:
    assert People().values(7) == {"n": "7"}
    assert list(People().secrets(10)) == []


def test_secrets_are_values_with_names_of_credentials() -> None:
    assert list(of_rows().secrets(2)) == ["key-a", "key-b"]
    assert list(of_rows().secrets(10**9)) == ["key-a", "key-b", "key-c"]
    assert list(People({"user": "u{n}", "token": "t{n}"}).secrets(2)) == ["t1", "t2"]


def test_one_token_for_all_is_one_secret() -> None:
    assert list(People({"token": "same"}).secrets(10**9)) == ["same"]


def test_a_secret_of_many_is_told_once() -> None:
    people = People(columns=("name", "token"), rows=[("a", "same"), ("b", "same"), ("c", "own")])
    assert list(people.secrets(3)) == ["same", "own"]


def test_an_empty_secret_is_none() -> None:
    assert list(secrets_in({"token": "", "user": "x", "Password": "p"})) == ["p"]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": 1}}',
        "{unknown}",
        "{{}}",
        "{",
        "{ n }",
        "{n:5.2f}",
        "{n!r}",
        "{0}",
        "{name.__class__}",
        "{name:05d}",
        "{n:d}",
        "{n:000d}",
        "{n:9999999d}",
    ],
)
def test_other_braces_stay(text: str) -> None:
    assert filled(text, {"n": "3", "name": "x"}) == text


def test_a_name_in_double_braces_is_filled_too() -> None:
    assert filled("{{n}}", {"n": "3"}) == "{3}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{n:5d}|", "   42|"), ("{n:01d}", "42"), ("{n}{n}", "4242"), ("é{n}\n", "é42\n")],
)
def test_numbers_are_written_as_asked(text: str, expected: str) -> None:
    assert filled(text, {"n": "42"}) == expected


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.dictionaries(TEXT, TEXT)), st.integers(1))
def test_json_without_known_names_is_unchanged(document: object, n: int) -> None:
    text = json.dumps(document)
    values = People().values(n)
    assert filled(text, values) == text or "n" in used_in(text)


@given(TEXT)
def test_what_is_filled_in_is_not_filled_again(value: str) -> None:
    assert filled("<{a}>", {"a": value + "{b}", "b": "x"}) == f"<{value}{{b}}>"


@given(TEXT)
def test_json_stays_json_whatever_a_value_holds(value: str) -> None:
    text = filled_message('{"user": "{name}", "id": {n}}', {"name": value, "n": "5"})
    assert json.loads(text) == {"user": value, "id": 5}


def test_a_message_that_is_no_json_takes_values_as_they_are() -> None:
    assert filled_message('say "{name}"', {"name": 'a"b'}) == 'say "a"b"'


@given(TEXT)
def test_a_target_stays_one_whatever_a_value_holds(value: str) -> None:
    target = filled_target("/ws/{name}?token={name}&x=1", {"name": value})
    assert target.isascii()
    assert not set(target) & set(" \r\n#")
    assert target.count("/") == 2
    assert target.count("&") == 1
