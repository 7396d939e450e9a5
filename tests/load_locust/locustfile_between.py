"""A user who looks for the reply only after the server has closed."""

import os

import gevent
from locust import task

from hangup.load.locust import HungUp, WebSocketUser


class Late(WebSocketUser):
    host = os.environ["URL"]

    @task
    def talk(self) -> None:
        for _ in range(6):
            self.ask("early", "early")
        self.send("late")
        gevent.sleep(0.3)
        try:
            self.expect("late", name="late")
        except HungUp as hung_up:
            code = hung_up.kind.code if hung_up.kind else None
            self.ask(f"code {code}", "code")
        self.environment.runner.quit()
