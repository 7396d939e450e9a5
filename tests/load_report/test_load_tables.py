from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import loads_told as example
import msgspec
import pytest

from hangup.errors import UsageError
from hangup.load.document import LoadReport, Moment
from hangup.load.report import LOAD_ENDINGS, check_load_path, render_load, write_load
from hangup.load.report.table import closures_csv, moments_csv


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_columns_are_the_fields_of_the_document() -> None:
    heads = moments_csv(example.empty()).splitlines()[0].split(",")
    assert tuple(heads) == Moment.__struct_fields__


def test_every_second_is_a_row() -> None:
    found = rows(moments_csv(example.broke()))
    assert len(found) == 90
    assert (found[21]["at_s"], found[21]["open"], found[21]["failed"]) == ("21.0", "1019", "13")


def test_what_was_not_measured_is_an_empty_cell() -> None:
    assert rows(moments_csv(example.healthy()))[0]["server_mb"] == ""


def test_every_kind_of_ending_is_a_row() -> None:
    found = {row["kind"]: row for row in rows(closures_csv(example.broke()))}
    assert found["fin"]["lifetimes"] == "60=77; 61=3; 12=1; 31=2; 44=1"
    assert found["fin"]["wanted"] == "no"
    assert found["http-503"]["first_connection"] == "1020"


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_is_a_formula(lead: str) -> None:
    text = f"{lead}cmd|' /C calc'!A0"
    report = msgspec.structs.replace(
        example.broke(), closures=(example.closures("fin", 1, reason=text, after={text: 1}),)
    )
    (row,) = rows(closures_csv(report))
    assert row["reason"][0] == row["after"][0] == "'"
    assert row["reason"].endswith("cmd|' /C calc'!A0")


def test_hostile_text_stays_in_its_cell() -> None:
    found = rows(closures_csv(example.hostile()))
    assert len(found) == 5
    assert all(value.isprintable() for row in found for value in row.values())


def test_json_is_the_document_itself() -> None:
    data = render_load(example.broke(), ".json")
    assert msgspec.json.decode(data, type=LoadReport) == example.broke()


def test_json_of_hostile_text_is_ascii() -> None:
    data = render_load(example.hostile(), ".json")
    assert data.isascii()
    assert json.loads(data)["schema"] == "hangup.load/1"


@pytest.mark.parametrize("ending", LOAD_ENDINGS)
@pytest.mark.parametrize(
    "report",
    [example.healthy(), example.empty(), example.interrupted(), example.hostile()],
    ids=["healthy", "empty", "interrupted", "hostile"],
)
def test_every_report_has_every_format(ending: str, report: LoadReport, tmp_path: Path) -> None:
    path = tmp_path / f"run{ending.upper()}"
    write_load(path, report)
    assert path.read_bytes() == render_load(report, ending)


def test_csv_takes_a_second_file_for_the_closures(tmp_path: Path) -> None:
    write_load(tmp_path / "run.csv", example.broke())
    text = (tmp_path / "run.closures.csv").read_bytes().decode()
    assert text == closures_csv(example.broke())


def test_an_unknown_ending_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"must end in \.html, \.md, \.csv, \.json or \.xml"):
        check_load_path(tmp_path / "run.pdf")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        write_load(tmp_path / "none" / "run.md", example.broke())
