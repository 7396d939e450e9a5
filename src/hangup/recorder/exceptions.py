"""Reads an exception: its name and message, what led to it, and which one of them tells most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FrameType

from hangup.recorder.closes import is_gone
from hangup.recorder.frames import origin, raised_at

MOST_CHAINED = 16
MOST_LOCALS = 100
MOST_MESSAGE = 2000


def named(exc: BaseException) -> str:
    """Give an exception's type as tracebacks do: with its module, unless it is a built-in."""
    kind = type(exc)
    plain = kind.__module__ in ("builtins", "__main__")
    return kind.__qualname__ if plain else f"{kind.__module__}.{kind.__qualname__}"


def message_of(exc: BaseException) -> str:
    """Give its message; a `__str__` that fails itself has none."""
    try:
        return str(exc)[:MOST_MESSAGE] or _detail(exc)
    except Exception:  # noqa: BLE001 - an application's __str__ can raise anything
        return ""


def chain_of(exc: BaseException) -> list[BaseException]:
    """Give the exceptions that led to this one, the first one last, hidden ones too.

    `raise ... from None` hides the context from people, not from the recorder.
    """
    found: list[BaseException] = []
    waiting = _led_to(exc)
    while waiting and len(found) < MOST_CHAINED:
        each = waiting.pop(0)
        if each is not exc and not any(each is known for known in found):
            found.append(each)
            waiting = _led_to(each) + waiting
    return found


def principal(exc: BaseException) -> BaseException | None:
    """Give the exception that tells most: a leaf of a group, and no mere "the peer has gone".

    None when nothing but a peer that has gone is told.
    """
    for each in (exc, *chain_of(exc)):
        for leaf in _leaves(each):
            if not is_gone(leaf) and (each is exc or _is_from_application(leaf)):
                return leaf
    return None


def held_by(frames: Iterable[FrameType]) -> Iterator[BaseException]:
    """Give exceptions that were raised and that the application's variables still hold."""
    for frame in frames:
        if origin(frame.f_code.co_filename) == "application":
            for value in [*frame.f_locals.values()][:MOST_LOCALS]:
                if isinstance(value, BaseException) and value.__traceback__:
                    yield value


def _led_to(exc: BaseException) -> list[BaseException]:
    inside = list(exc.exceptions) if isinstance(exc, BaseExceptionGroup) else []
    return [each for each in (*inside, exc.__cause__, exc.__context__) if each]


def _leaves(exc: BaseException) -> Iterator[BaseException]:
    if not isinstance(exc, BaseExceptionGroup):
        yield exc
        return
    for each in exc.exceptions:
        yield from _leaves(each)


def _is_from_application(exc: BaseException) -> bool:
    return any(origin(place.code.co_filename) == "application" for place in raised_at(exc))


def _detail(exc: BaseException) -> str:
    """Give what HTTP exceptions say, whose text some versions leave empty."""
    parts = (getattr(exc, "status_code", ""), getattr(exc, "detail", ""))
    return ": ".join(str(part) for part in parts if part)[:MOST_MESSAGE]
