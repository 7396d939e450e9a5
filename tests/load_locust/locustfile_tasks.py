"""A user whose tasks say what is sent and what must come."""

import os

from locust import constant, task

from hangup.load.locust import HungUp, WebSocketUser


class Talker(WebSocketUser):
    host = os.environ["URL"]
    fills = {"room": "room-{n}"}  # noqa: RUF012 - as users write it
    wait_time = constant(0.02)

    @task
    def talk(self) -> None:
        hello = f"hi from {self.values['room']}"
        assert self.ask(hello, name="greeting") == hello
        self.send("one")
        self.send("two")
        assert self.expect("^two$", name="second") == "two"
        try:
            self.ask("anything", "never", within=0.05, name="never")
        except HungUp:
            return
        raise AssertionError("what never comes was heard")
