"""Lets an application tell the recorder what only it knows, such as whom an event went to."""

from __future__ import annotations

from hangup.recorder import loose


def note(what: str, *, recipients: int | None = None) -> None:
    """Put a sentence on the timeline of the connection that the running code works for.

    `recipients` says how many connections an event went to; an event that reached nobody is a
    failure, caught where it was noted. Where nothing is recorded this does nothing. It never
    raises.
    """
    connection = loose.current.get()
    if connection:
        connection.noted(what, recipients)
