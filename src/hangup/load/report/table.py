"""A load as comma-separated values (RFC 4180): one table of its seconds, one of its closures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from hangup.load.document import Closures, LoadReport, Moment, Start
from hangup.report.escape import show

# What spreadsheet programs take for the beginning of a formula (OWASP, CSV injection); some of
# them the full-width forms too.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
MOMENT_FIELDS = Moment.__struct_fields__
CLOSURE_FIELDS = tuple(field for field in Closures.__struct_fields__ if field != "first")
FIRST_FIELDS = Start.__struct_fields__


def moments_csv(report: LoadReport) -> str:
    """Write one row for each second; the columns are the fields of `Moment`, in their order."""
    rows = ([getattr(each, field) for field in MOMENT_FIELDS] for each in report.moments)
    return _written(MOMENT_FIELDS, rows)


def closures_csv(report: LoadReport) -> str:
    """Write one row for each kind of ending; the columns are the fields of `Closures`.

    `first` becomes the columns `first_at_s`, `first_connection` and `first_open`, and what counts
    becomes text: `message:7=3; upgrade=1`.
    """
    heads = (*CLOSURE_FIELDS, *(f"first_{field}" for field in FIRST_FIELDS))
    return _written(heads, map(_closure, report.closures))


def _closure(closures: Closures) -> list[object]:
    cells = [getattr(closures, field) for field in CLOSURE_FIELDS]
    return [*cells, *(getattr(closures.first, field) for field in FIRST_FIELDS)]


def _written(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _cell("; ".join(f"{name}={number}" for name, number in value.items()))
    if isinstance(value, str):
        return f"'{show(value, None)}" if value.startswith(FORMULA) else show(value, None)
    return value
