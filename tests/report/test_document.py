from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import report_examples as example
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from hangup.diagnosis import Diagnosis
from hangup.report.document import DESCRIPTIONS, diagnosis_json, diagnosis_schema, schema_json

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "reference" / "diagnosis.schema.json"


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(diagnosis_json(diagnosis))
    return decoded


def test_the_document_has_the_keys_of_the_contract() -> None:
    found = document(example.incident_diagnosis())
    assert found["schema"] == "hangup.diagnosis/1"
    assert found["closure"]["code"] == 1011
    assert found["closure"]["origin"] == "peer-frame"
    assert found["incident"]["exception"] == "NameError"
    assert found["experiments"][0]["traces"] == ["t1"]


def test_without_a_server_side_record_there_is_no_incident() -> None:
    assert "incident" not in document(example.diagnosis(example.incident_trace()))


def test_hostile_text_is_the_same_text_but_in_ascii() -> None:
    diagnosis, _ = example.evil_diagnosis()
    raw = diagnosis_json(diagnosis)
    assert raw.isascii()
    assert b"\x1b" not in raw
    assert b"\x7f" not in raw
    evil = example.EVIL.replace("\udcff", "\\udcff")
    assert json.loads(raw)["endpoint"]["server"] == evil


def test_astral_characters_survive_their_escapes() -> None:
    seen = example.incident_trace("no \U0001f980 today")
    assert document(example.diagnosis(seen))["closure"]["reason"] == "no \U0001f980 today"


@pytest.mark.parametrize("evil", [False, True])
def test_the_document_obeys_its_schema(evil: bool) -> None:
    diagnosis = example.evil_diagnosis()[0] if evil else example.incident_diagnosis()
    Draft202012Validator(diagnosis_schema()).validate(document(diagnosis))


def test_the_schema_refuses_another_version() -> None:
    found = document(example.incident_diagnosis()) | {"schema": "hangup.diagnosis/2"}
    with pytest.raises(ValidationError):
        Draft202012Validator(diagnosis_schema()).validate(found)


def test_every_field_of_the_document_is_described() -> None:
    fields = set(diagnosis_schema()["$defs"]["Diagnosis"]["properties"]) - {"endpoint", "incident"}
    assert fields - {"endpoint"} <= set(DESCRIPTIONS["Diagnosis"]) | {"incident"}


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_bytes() == schema_json()
