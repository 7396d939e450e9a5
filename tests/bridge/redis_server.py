"""A real Redis of the tests' own on loopback, which keeps what it has acknowledged."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

START = 8.0


class RedisServer:
    """A server with a folder, that can be killed and begun again at the same address."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail("redis-server is missing: apt-get install redis-server", pytrace=False)
        self._program, self._folder = program, folder
        self._aside = folder / "aside"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self._folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "daemonize": "no",
            "loglevel": "warning",
        }
        command = [self._program]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + START
        while time.monotonic() < until:
            try:
                with Redis.from_url(self.url, socket_timeout=START) as redis:
                    redis.ping()
                return
            except (RedisError, OSError):
                continue
        pytest.fail("redis-server does not answer", pytrace=False)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def keep(self) -> None:
        """Put aside what is on the disk now."""
        shutil.rmtree(self._aside, ignore_errors=True)
        shutil.copytree(self._folder / "appendonlydir", self._aside)

    def lose(self) -> None:
        """Crash, and begin again with what was put aside, as one that had not written the rest."""
        self.kill()
        shutil.rmtree(self._folder / "appendonlydir")
        shutil.copytree(self._aside, self._folder / "appendonlydir")
        self.start()

    def freeze(self) -> None:
        """Let it be silent, with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)
