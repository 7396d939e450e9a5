"""Users who become more, and then fewer."""

import os

from locust import LoadTestShape

from hangup.load.locust import EngineUser


class Shape(LoadTestShape):
    def tick(self) -> tuple[int, float] | None:
        ran: float = self.get_run_time()  # type: ignore[no-untyped-call]
        if ran < 2:
            return 6, 6
        return (2, 6) if ran < 4 else None


class Chat(EngineUser):
    host = os.environ["URL"]
    sends = ("hi {n}",)
    messages = 1_000_000
    every = 0.02
