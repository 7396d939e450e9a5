"""What an agent tells its user: typed events, encoded when they are published."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

MOST_BYTES = 64 * 1024
"""Bytes of one encoded event; longer answers are published in pieces."""
ENVELOPE = frozenset({"type", "seq", "run", "step", "at"})
"""Names that the bridge puts beside an event's own fields."""


class UnserialisableError(TypeError):
    """An event holds a value that JSON cannot; `path` says where, as in `$.result.rows[2].when`."""

    def __init__(self, type: str, path: str, value: object) -> None:
        self.type, self.path, self.kind = type, path, _named(value)
        super().__init__(f"{type}: {path} is of type {self.kind}, which JSON has no form for")


class EventTooBigError(ValueError):
    """An event takes more than `MOST_BYTES` as JSON."""

    def __init__(self, type: str, size: int) -> None:
        self.type, self.size = type, size
        super().__init__(f"{type}: {size} bytes, and an event holds {MOST_BYTES} at most")


class AgentEvent(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every event is: a subclass with a `tag` of its own, and whether it ends its run.

    A field cannot have a name of `ENVELOPE`: that is refused when the event is first encoded.
    """

    ends: ClassVar[bool] = False


class AgentStarted(AgentEvent, frozen=True, kw_only=True, tag="agent_started"):
    """An agent has taken up a request."""

    agent: str = ""
    request: str = ""


class AgentThinking(AgentEvent, frozen=True, kw_only=True, tag="agent_thinking"):
    """The agent works on what it will say or do next."""

    note: str = ""


class ToolExecuting(AgentEvent, frozen=True, kw_only=True, tag="tool_executing"):
    """A tool is called; `call` tells calls of one run apart."""

    tool: str
    call: str = ""
    arguments: dict[str, Any] = {}


class ToolCompleted(AgentEvent, frozen=True, kw_only=True, tag="tool_completed"):
    """A tool has given its result, or has failed."""

    tool: str
    call: str = ""
    result: Any = None
    failed: bool = False


class Partial(AgentEvent, frozen=True, kw_only=True, tag="partial"):
    """A piece of an answer, to be put behind the pieces before it."""

    text: str


class AgentCompleted(AgentEvent, frozen=True, kw_only=True, tag="agent_completed"):
    """The agent is done."""

    ends: ClassVar[bool] = True
    answer: Any = None


class AgentStopped(AgentEvent, frozen=True, kw_only=True, tag="agent_stopped"):
    """The agent was stopped on request, and says no more."""

    ends: ClassVar[bool] = True


class AgentError(AgentEvent, frozen=True, kw_only=True, tag="agent_error"):
    """The agent failed. `incident` is what the server's log knows it by; `code` is a class of it.

    Codes of the bridge: `failed` (the agent raised), `deadline`, `lost` (its process died),
    `no_end` (it returned without an end), `cancelled`.
    """

    ends: ClassVar[bool] = True
    code: str
    message: str
    incident: str = ""


class Encoded(Struct, frozen=True):
    """An event as it is kept and sent: a JSON object in UTF-8 that begins with its `type`."""

    body: bytes
    ends: bool


CRITICAL = (
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
)
"""The five without which a user does not see that an agent works."""
BUILT_IN = (
    AgentStarted,
    AgentThinking,
    ToolExecuting,
    ToolCompleted,
    Partial,
    AgentCompleted,
    AgentStopped,
    AgentError,
)
_encoder = msgspec.json.Encoder()
_checked: set[type] = set()


def encode(event: AgentEvent) -> Encoded:
    """Give an event as JSON.

    Raises:
        UnserialisableError: a value has no form in JSON; it carries the path to it.
        EventTooBigError: it takes more than `MOST_BYTES`.
        TypeError: a field's name is one of the envelope's.
    """
    kind = type(event)
    if kind not in _checked:
        _check(kind)
    try:
        body = _encoder.encode(event)
    except (TypeError, ValueError, RecursionError, UnicodeError, OverflowError) as error:
        path, value = _offending(event)
        raise UnserialisableError(tag_of(kind), path, value) from error
    if len(body) > MOST_BYTES:
        raise EventTooBigError(tag_of(kind), len(body))
    return Encoded(body, kind.ends)


def tag_of(kind: type[AgentEvent]) -> str:
    """Give the `type` that an event has on the wire."""
    return str(kind.__struct_config__.tag)


def _check(kind: type[AgentEvent]) -> None:
    config = kind.__struct_config__
    if not isinstance(config.tag, str) or config.tag_field != "type":
        raise TypeError(f"{kind.__name__} needs a tag, as in `tag='price_changed'`")
    taken = sorted(ENVELOPE.intersection(kind.__struct_encode_fields__))
    if taken:
        raise TypeError(f"{kind.__name__}.{taken[0]}: that name is one of the bridge's envelope")
    _checked.add(kind)


def _offending(event: AgentEvent) -> tuple[str, object]:
    """Find the first value that cannot be encoded, by encoding ever smaller parts."""
    path, value = "$", event
    seen: set[int] = set()
    while id(value) not in seen:
        seen.add(id(value))
        for step, part in _parts(value):
            if not _fits(part):
                path, value = path + step, part
                break
        else:
            break
    return path, value


def _parts(value: object) -> list[tuple[str, Any]]:
    if isinstance(value, Struct):
        names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        return [(f".{shown}", getattr(value, name)) for shown, name in names]
    if isinstance(value, dict):
        keys = [(f".<key {key!r:.40}>", key) for key in value if not isinstance(key, str)]
        return keys + [(f".{key:.40}", part) for key, part in value.items() if isinstance(key, str)]
    if isinstance(value, (list, tuple)):
        return [(f"[{at}]", part) for at, part in enumerate(value)]
    return []


def _fits(value: object) -> bool:
    try:
        _encoder.encode(value)
    except (TypeError, ValueError, RecursionError, UnicodeError, OverflowError):
        return False
    return True


def _named(value: object) -> str:
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
