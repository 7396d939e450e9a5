from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.report.escape import quoted, show, show_bytes

# Lone surrogates too: they stand for bytes that are not UTF-8.
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Zürich 東京", "Zürich 東京"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\u202egnp", "\\u202egnp"),
        ("a\u200bb\u2028", "a\\u200bb\\u2028"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("a\\b", "a\\b"),
    ],
)
def test_only_what_is_invisible_is_escaped(text: str, shown: str) -> None:
    assert show(text) == shown


def test_bytes_that_are_not_utf8_are_shown_in_hexadecimal() -> None:
    assert show_bytes(b"ok \xff\xe2\x82 \xe2\x82\xac") == "ok \\xff\\xe2\\x82 €"


def test_long_text_ends_in_an_ellipsis() -> None:
    assert show("x" * 1000, 10) == "xxxxxxxxx…"


def test_an_escape_is_not_cut_in_the_middle() -> None:
    assert show("abc\u202e\u202e", 10) == "abc\\u202e…"


def test_text_of_just_the_limit_is_whole() -> None:
    assert show("x" * 10, 10) == "x" * 10


def test_quoted_stands_in_single_quotes() -> None:
    assert quoted("a\x00") == "'a\\x00'"


@given(ANY_TEXT)
def test_what_is_shown_is_printable(text: str) -> None:
    assert show(text, None).isprintable()


@given(ANY_TEXT, st.integers(min_value=0, max_value=50))
def test_what_is_shown_keeps_its_limit(text: str, limit: int) -> None:
    assert len(show(text, limit)) <= limit


@given(ANY_TEXT)
def test_showing_twice_changes_nothing(text: str) -> None:
    assert show(show(text, None), None) == show(text, None)


@given(st.binary(), st.integers(min_value=1, max_value=50))
def test_bytes_are_shown_as_their_text_is(data: bytes, limit: int) -> None:
    whole = show(data.decode("utf-8", "backslashreplace"), limit)
    assert show_bytes(data, limit) == whole
