"""The table of what servers do is what they do here, and a change of it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from hangup.ending import KINDS
from hangup.expectations import BEHAVIOURS, FILE, Cell, Table, dump, load, table
from hangup.lab.conduct import CONDUCTS
from hangup.lab.environments import INSTALL
from hangup.lab.expecting import (
    Measurement,
    confirmed,
    differences,
    measure,
    newer,
    renewed,
)
from hangup.lab.subjects import SUBJECTS

QUICK = tuple(name for name in BEHAVIOURS if name not in ("no-pong", "sigterm"))
"""Behaviours that show within a second or so."""


@pytest.mark.parametrize("name", ["uvicorn", "granian", "websockets"])
def test_a_server_does_what_the_table_says(name: str) -> None:
    measured = confirmed(measure([name], QUICK), table())
    installed = measured.table.servers[0].versions
    known = next(server.versions for server in table().servers if server.name == name)
    assert list(differences(measured.table, table())) == [], (
        f"the table was measured with {known}, installed are {installed}; when the change is "
        f"true, renew the table: hangup lab expect {name} --write"
    )


def test_the_table_has_a_cell_for_every_server_and_behaviour_that_it_can_have() -> None:
    wanted = {
        (name, behaviour)
        for name, subject in SUBJECTS.items()
        for behaviour in BEHAVIOURS
        if behaviour not in subject.without
    }
    assert {(cell.server, cell.behaviour) for cell in table().cells} == wanted
    assert {server.name for server in table().servers} == set(SUBJECTS)


def test_every_behaviour_is_played() -> None:
    assert list(CONDUCTS) == list(BEHAVIOURS)


def test_the_table_knows_only_kinds_of_endings() -> None:
    assert {cell.ending for cell in table().cells} <= set(KINDS)


def test_the_file_is_in_order_with_one_line_for_each_cell() -> None:
    raw = FILE.read_bytes()
    assert dump(load(raw)) == raw
    assert raw.count(b'\n{"server":') == len(table().cells)


def test_a_changed_cell_is_told_and_others_are_not() -> None:
    changed = _changed("uvicorn", "crash-after-accept", ending="closed-1011-empty")
    (found,) = differences(changed, table())
    assert (found.server, found.behaviour) == ("uvicorn", "crash-after-accept")
    assert (found.was and found.was.ending, found.now and found.now.ending) == (
        "fin",
        "closed-1011-empty",
    )


def test_a_changed_cell_is_one_changed_line_of_the_file() -> None:
    changed = renewed(_changed("uvicorn", "crash-after-accept", ending="rst"), table())
    old, new = FILE.read_bytes().splitlines(), dump(changed).splitlines()
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 1


def test_what_differs_once_only_is_no_difference() -> None:
    once = Measurement(_changed("websockets", "unknown-path", ending="rst"), {})
    assert list(differences(confirmed(once, table()).table, table())) == []


def test_another_version_is_told() -> None:
    servers = tuple(
        msgspec.structs.replace(server, versions=("uvicorn 99",))
        if server.name == "uvicorn"
        else server
        for server in table().servers
    )
    assert [each.name for each, _ in newer(Table(servers, ()), table())] == ["uvicorn"]


def test_a_server_that_is_not_here_keeps_its_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    measured = measure(["uvicorn-0.30"])
    assert INSTALL in measured.missing["uvicorn-0.30"]
    assert dump(renewed(measured.table, table())) == FILE.read_bytes()


def _changed(server: str, behaviour: str, **changes: object) -> Table:
    def changed(cell: Cell) -> Cell:
        ours = (cell.server, cell.behaviour) == (server, behaviour)
        return msgspec.structs.replace(cell, **changes) if ours else cell

    return Table(table().servers, tuple(map(changed, table().cells)))
