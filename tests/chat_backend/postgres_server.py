"""A real PostgreSQL of the tests' own on loopback, whose users need a password."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hangup.lab.process import free_port

START = 20.0
PASSWORD = "open-sesame"


class PostgresServer:
    """A server with a folder, that can be killed, frozen, and begun again at the same address."""

    def __init__(self) -> None:
        self._as = _account()
        self._folder = Path(tempfile.mkdtemp(prefix="hangup-postgres-"))
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        self.port = free_port()
        self._initialise()
        self.start()

    @property
    def url(self) -> str:
        """Where it is, with the password."""
        return f"postgresql://tests:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",  # what is killed is the process, and not the machine
        }
        command = [_program("postgres"), "-D", str(self._data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        until = time.monotonic() + START
        self._spawn(command)
        while time.monotonic() < until:
            if self.process.poll() is not None:
                self._spawn(command)  # what is left of the one before has not gone yet
            try:
                asyncio.run(self.execute("SELECT 1"))
                return
            except (OSError, asyncpg.PostgresError):
                continue
        pytest.fail("postgres does not answer", pytrace=False)

    async def execute(self, statement: str) -> None:
        """Have a statement done on a connection of its own."""
        connection = await asyncpg.connect(self.url, timeout=START)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Let it and its children be silent, with their connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, and delete its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        command = [_program("initdb"), "-D", str(self._data), "-U", "tests", "--no-sync"]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
        made = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, **self._as)
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr}", pytrace=False)

    def _spawn(self, command: list[str]) -> None:
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, stdout=quiet, stderr=quiet, cwd=self._folder, **self._as
        )

    def _signal(self, number: signal.Signals) -> None:
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        for pid in (own, *map(int, children)):
            os.kill(pid, number)


def _account() -> dict[str, Any]:
    """Give whom it runs as: initdb refuses root."""
    if os.geteuid():
        return {}
    names = {each.pw_name: each for each in pwd.getpwall()}
    account = names.get("postgres") or names["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    """Find a program of PostgreSQL; distributions keep them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    on_path = shutil.which(name)
    if not found and on_path is None:
        pytest.fail(f"{name} is missing: apt-get install postgresql", pytrace=False)
    return str(found[-1]) if found else str(on_path)
