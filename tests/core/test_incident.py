"""Failures that are one are grouped, whatever their lines, messages and times are."""

from __future__ import annotations

from msgspec.structs import replace

from hangup.incident import ID_LENGTH, Caught, CloseTried, grouped

NAME_ERROR = Caught(
    at=100.0,
    kind="masked-exception",
    exception="NameError",
    message="name 'time' is not defined",
    frame="app/auth.py:212 in check_token",
    phase="auth",
    close=CloseTried(code=1011, reason="Internal error"),
)


def test_a_moved_line_and_another_message_are_the_same_incident() -> None:
    moved = replace(NAME_ERROR, frame="app/auth.py:230 in check_token", message="name 't'", at=90.0)

    (incident,) = grouped([NAME_ERROR, moved])

    assert (incident.count, incident.first_seen, incident.last_seen) == (2, 90.0, 100.0)
    assert incident.example == NAME_ERROR


def test_another_function_type_phase_or_close_is_another_incident() -> None:
    others = (
        replace(NAME_ERROR, frame="app/auth.py:212 in refresh"),
        replace(NAME_ERROR, exception="KeyError"),
        replace(NAME_ERROR, phase="message"),
        replace(NAME_ERROR, close=CloseTried(code=1008)),
    )

    assert len(grouped([NAME_ERROR, *others])) == 1 + len(others)


def test_an_id_fits_into_a_close_reason() -> None:
    assert len(f"incident={NAME_ERROR.id}") < 123
    assert len(NAME_ERROR.id) == ID_LENGTH


def test_the_most_frequent_incident_comes_first() -> None:
    rare = replace(NAME_ERROR, exception="KeyError")

    assert [each.count for each in grouped([rare, NAME_ERROR, NAME_ERROR])] == [2, 1]
