"""The tools of the built-in agent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangup.chat.calculator import CannotCalculateError, calculate, expression_in
from hangup.chat.documents import Documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("two and two", 4),
        ("What is 12 * (3 + 4)?", 84),
        ("what's 7 divided by 2", 3.5),
        ("2 to the power of 10", 1024),
        ("-3 - 4", -7),
        ("twenty minus 1.5", 18.5),
        ("10 % 4", 2),
        ("three × four", 12),
    ],
)
def test_arithmetic_is_found_in_what_people_type(text: str, value: float) -> None:
    expression = expression_in(text)
    assert expression is not None
    assert calculate(expression) == value


@pytest.mark.parametrize("text", ["hello", "only for alice", "what is 7?", "call 112", "", "+ - *"])
def test_what_is_no_arithmetic_is_left_alone(text: str) -> None:
    assert expression_in(text) is None


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("9**9**9", "too large"),
        ("10**100000000", "too large"),
        ("1/0", "divides by zero"),
        ("__import__('os')", "no arithmetic"),
        ("(-1)**0.5", "no real number"),
        ("1e308*10**400", "too large"),
        ("True + 1", "no arithmetic"),
        ("1 if 1 else 2", "no arithmetic"),
        ("(" * 150 + "1" + ")" * 40, "no arithmetic"),
        ("1+" * 120 + "1", "longer"),
    ],
)
def test_what_costs_too_much_or_is_code_is_refused(expression: str, why: str) -> None:
    with pytest.raises(CannotCalculateError, match=why):
        calculate(expression)


def worth(text: str) -> object:
    expression = expression_in(text)
    if expression is None:
        return 0
    try:
        return calculate(expression)
    except CannotCalculateError:
        return 0


@given(st.text(max_size=300))
def test_any_text_is_worked_out_or_refused(text: str) -> None:
    assert isinstance(worth(text), int | float)


@given(st.text("0123456789+-*/%(). andxtwohree", max_size=60))
def test_anything_like_arithmetic_is_worked_out_or_refused(text: str) -> None:
    assert isinstance(worth(text), int | float)


def test_a_search_prefers_the_rare_words_of_a_question(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A server closes.\n\nA server closes with 1011 when it crashes.")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.txt").write_text("A server closes with 1012 when it restarts.")
    (tmp_path / "c.bin").write_bytes(b"1011 1011 1011")
    found = Documents.of_folder(tmp_path).search("why does a server close with 1011?")
    assert found[0].source == "a.md"
    assert "1011" in found[0].text
    assert {each.source for each in found} == {"a.md", "deep/b.txt"}


def test_a_search_without_a_common_word_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A server closes.")
    assert Documents.of_folder(tmp_path).search("only for alice") == []
