"""Finds opening handshakes that reach the application as plain HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hangup.incident import Caught
from hangup.recorder.handshake import handshake_of
from hangup.recorder.recording import Recording

KEY = b"sec-websocket-key"
LOST = "the request asks for a WebSocket and its Upgrade header was lost on the way"
NOT_TAKEN = "the request asks for an upgrade, and the server took it for HTTP"


def tell_of_lost_upgrade(recording: Recording, scope: Mapping[str, Any]) -> None:
    """Tell of a request that has the key of a handshake and is no WebSocket; it never raises."""
    try:
        headers = scope["headers"]
        if not any(name.lower() == KEY for name, _ in headers):
            return
        upgrades = any(name.lower() == b"upgrade" for name, _ in headers)
        handshake = handshake_of(scope, "")
        memory, descriptors = recording.resources()
        recording.put(
            Caught(
                at=time.time(),
                kind="upgrade-lost",
                phase="accept",
                detail=NOT_TAKEN if upgrades else LOST,
                path=handshake.target,
                hangup_id=handshake.hangup_id,
                traceparent=handshake.traceparent,
                build=recording.build,
                memory=memory,
                descriptors=descriptors,
            )
        )
    except Exception:  # noqa: BLE001 - our bug must not become the application's, and counts
        recording.failures += 1
