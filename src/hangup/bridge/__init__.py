"""Carries an agent's events to its user over WebSockets, in order, each exactly once."""

from hangup.bridge.bridge import Arrived, Bridge, DeclinedError
from hangup.bridge.described import asyncapi
from hangup.bridge.events import (
    AgentCompleted,
    AgentError,
    AgentEvent,
    AgentStarted,
    AgentStopped,
    AgentThinking,
    EventTooBigError,
    Partial,
    ToolCompleted,
    ToolExecuting,
    UnserialisableError,
)
from hangup.bridge.limits import Limits
from hangup.bridge.log import (
    LogUnavailableError,
    Retention,
    RunExistsError,
    RunOverError,
    TooManyRunsError,
)
from hangup.bridge.memory import MemoryLog
from hangup.bridge.presented import Identity, Presented, RefusedError
from hangup.bridge.run import Run

__all__ = [
    "AgentCompleted",
    "AgentError",
    "AgentEvent",
    "AgentStarted",
    "AgentStopped",
    "AgentThinking",
    "Arrived",
    "Bridge",
    "DeclinedError",
    "EventTooBigError",
    "Identity",
    "Limits",
    "LogUnavailableError",
    "MemoryLog",
    "Partial",
    "Presented",
    "RefusedError",
    "Retention",
    "Run",
    "RunExistsError",
    "RunOverError",
    "TooManyRunsError",
    "ToolCompleted",
    "ToolExecuting",
    "UnserialisableError",
    "asyncapi",
]
