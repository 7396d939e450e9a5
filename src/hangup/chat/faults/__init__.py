"""The studied faults, each to be switched on in the chat: `hangup chat --fault NAME`."""

from __future__ import annotations

from hangup.chat.faults.delivering import DELIVERING
from hangup.chat.faults.fault import Fault
from hangup.chat.faults.holding import HOLDING
from hangup.chat.faults.opening import OPENING
from hangup.chat.faults.talking import TALKING

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in (*OPENING, *TALKING, *DELIVERING, *HOLDING)
}
"""All of them by name."""
