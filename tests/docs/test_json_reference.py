"""Every key that a command prints has its entry, and every entry is of the type that it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from doc_pages import ROOT
from json_held import TYPES, Held
from json_printed import PRINTED, Printed
from json_reference import Document, documents

SELDOM = {
    "Demo.browser": "a browser was asked too",
    "Demo.incident": "a recorder's record is given",
    "Shrink.message_base64": "a binary message was shrunk",
    "Shrink.passes_base64": "a binary message was shrunk",
}
"""Fields that are absent from the documents made here, and when they are there."""


def test_every_document_of_the_page_is_made_here() -> None:
    assert [document.name for document in documents()] == list(PRINTED)


@pytest.mark.parametrize("document", documents(), ids=lambda document: document.name)
def test_what_is_printed_is_as_the_page_says(
    document: Document, start_server: Callable[..., str], tmp_path: Path
) -> None:
    held = Held()
    found = PRINTED[document.name](Printed(tmp_path, start_server("uvicorn")))
    assert found
    assert [wrong for each in found for wrong in held.differences(each, document.type)] == []
    assert {each["schema"] for each in found if "schema" in each} <= {document.schema}
    unmet = written_by_hand(document.type) - held.met - SELDOM.keys()
    assert sorted(unmet) == [], "no document has these"


def written_by_hand(name: str) -> set[str]:
    """Give the fields of a document's own types, of which no struct of the code tells."""
    waiting, found = [name], set[str]()
    while waiting:
        kind = TYPES.get(waiting.pop())
        if kind is None or kind.name in found or kind.about:
            continue
        found.add(kind.name)
        spelt = [t for t, _ in kind.fields.values()] + list((kind.one_of or ("", {}))[1].values())
        waiting += [word for text in spelt for word in text.split(" ")]
    return {f"{each}.{field}" for each in found for field in TYPES[each].fields}


def test_every_schema_of_the_code_has_its_document() -> None:
    named = re.compile(r'^SCHEMA = "(hangup\.[a-z-]+/\d+)"', re.M)
    files = (ROOT / "src" / "hangup").rglob("*.py")
    schemas = {schema for file in files for schema in named.findall(file.read_text("utf-8"))}
    assert schemas == {document.schema for document in documents() if document.schema}


def test_a_key_without_an_entry_is_found() -> None:
    cell = {"server": "x", "behaviour": "y", "ending": "fin", "colour": "red", "code": "1011"}
    assert Held().differences(cell, "Cell") == [
        "$.colour: Cell has no entry for it",
        "$.code: not integer: '1011'",
    ]
