"""A file of users is read whole, or refused without a word of what it holds."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hangup.errors import DocumentError
from hangup.load.users_file import MOST_BYTES, read_users

VALUE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=9)


def written(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "users.csv"
    path.write_bytes(content)
    return str(path)


def test_columns_and_rows_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbfuser,token\r\nalice,"a,""b"\r\n\r\nb\xc3\xb6b,\r\n')
    assert read_users(path) == (("user", "token"), [("alice", 'a,"b'), ("böb", "")])


def test_spaces_after_commas_are_no_part_of_a_value(tmp_path: Path) -> None:
    assert read_users(written(tmp_path, b"a, b\n1, 2")) == (("a", "b"), [("1", "2")])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "it is empty; its first row names the columns"),
        (b"\n\n", 1, "it is empty"),
        (b"user,token\n", 1, "no user stands below the names"),
        (b"user,token\na,b\nc\n", 3, "values in this row: 1, columns: 2"),
        (b"user,token\na,b,c\n", 2, "values in this row: 3, columns: 2"),
        (b"alice@x.org,s3cret.s3cret\n", 1, "the first row names the columns, in letters,"),
        (b"user;token\nalice;s3cret\n", 1, "the first row names the columns, in letters,"),
        (b"user,\nalice,s3cret\n", 1, "the first row names the columns, in letters,"),
        (b"user,user\na,b\n", 1, "two columns have the same name"),
        (b"n,token\n1,b\n", 1, "'n' is the number of the arrival already"),
        (b"user\nalice\n\xff\n", 3, "it is not UTF-8"),
        ("user\nalice\n".encode("utf-16"), 1, "it is not UTF-8"),
        (b"user\na\x00s3cret\n", 2, "it "),
        (b'user\n"a\nb"\n', 3, "a value holds a line break or control character"),
        (b"user\na\x1bb\n", 2, "a value holds a line break or control character"),
        (b'user\n"a" s3cret\n', 2, "it is no CSV"),
        (b'user\n"s3cret', 2, "it is no CSV"),
        (b"user\n" + b"s3cret" * 40_000, 2, "it is no CSV: field larger than field limit"),
        (b"a," * 200 + b"b\n", 1, "it has more than 100 columns"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, content: bytes, line: int, words: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DocumentError) as raised:
        read_users(path)
    said = str(raised.value)
    assert re.match(rf"{re.escape(path)}:{line}:1: ", said)
    assert words in said or (b"\0" in content and "control" in said)
    assert "s3cret" not in said.removeprefix(path)
    assert "\n" not in said


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES * 16)
    with pytest.raises(DocumentError, match="it is larger than 64 MiB"):
        read_users(str(path))


@pytest.mark.parametrize("name", ["none.csv", ".", "a\0b"])
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError, match="it cannot be read: "):
        read_users(f"{tmp_path}/{name}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=5))
def test_what_csv_wrote_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("user", "token"), *rows])
    path = written(tmp_path, text.getvalue().encode())
    assert read_users(path) == (("user", "token"), rows)
