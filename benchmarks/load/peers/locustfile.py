"""Each user opens one connection, has texts of 64 bytes echoed, one after another, and stops."""

# mypy: ignore-errors
from __future__ import annotations

import os
import time

from locust import User, task
from locust.exception import StopUser
from websocket import create_connection

CONNECTIONS, ECHOES = int(os.environ["CONNECTIONS"]), int(os.environ["ECHOES"])
TEXT = "." * 64


class Echo(User):
    """One connection; the last one that is over ends the run."""

    over = 0

    @task
    def echo(self) -> None:
        """Play the whole conversation."""
        socket = create_connection(self.host, timeout=60)
        for _ in range(ECHOES):
            self._say(socket)
        socket.close(status=1000)
        Echo.over += 1
        if Echo.over == CONNECTIONS:
            self.environment.runner.quit()
        raise StopUser

    def _say(self, socket) -> None:
        began = time.perf_counter()
        socket.send(TEXT)
        echo = socket.recv()
        self.environment.events.request.fire(
            request_type="WS",
            name="echo",
            response_length=len(echo),
            context={},
            response_time=(time.perf_counter() - began) * 1000,
            exception=None if echo == TEXT else ValueError("the echo differs"),
        )
