"""The embedded backend of the studied incident: every connection ends 1011 before any message."""

from __future__ import annotations

from hangup.demo.chat import chat_app
from hangup.demo.incident_auth import authenticate

app = chat_app(authenticate)
