"""The reference chat's faults, on servers that the chat does not choose itself."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from hangup.chat.faults import FAULTS
from hangup.chat.faults.fault import Faulty
from hangup.lab.apps.asgi import PATH, echo

incident = Starlette(routes=[WebSocketRoute(PATH, Faulty(echo, FAULTS["undefined-name"]))])
"""The studied incident: every connection ends 1011 before any message."""
