"""A user who declares what cannot be."""

import os

from hangup.load.locust import EngineUser


class Chat(EngineUser):
    host = os.environ["URL"].replace("ws:", "ftp:")
