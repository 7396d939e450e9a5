"""What the page works with: where things are kept, and how a diagnosis is begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct


class Places(Struct, frozen=True, kw_only=True):
    """Files: of diagnoses and loads, of runs of plans, of watches, and what recorders wrote."""

    archive: str
    runs: str
    history: str
    recorders: tuple[str, ...] = ()


class Errand(Struct, frozen=True, kw_only=True):
    """A diagnosis as a command: credentials stand in its environment, where `ps` shows none.

    `within` is how many seconds it may take.
    """

    url: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    within: float

    def __repr__(self) -> str:
        return "Errand(...)"  # a repr would put credentials into tracebacks


class Desk(Struct, frozen=True, kw_only=True):
    """`order` reads what was typed into the form, by the names of the options of a diagnosis.

    It raises UsageError for the first thing that is wrong.
    """

    places: Places
    order: Callable[[Mapping[str, str]], Errand]
