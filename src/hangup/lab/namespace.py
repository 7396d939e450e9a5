"""A network of its own for one process and all that it starts; it is gone when they are."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import cache

from hangup.lab.errors import LabError, ProgramMissingError
from hangup.lab.proxy import program

INSIDE = "HANGUP_LAB_INSIDE"
"""Environment variable: set for what runs in such a network."""
_APART = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


class NamespaceError(LabError):
    """This machine does not let us make a network of our own."""

    def __init__(self, why: str) -> None:
        super().__init__(f"a network of its own cannot be made here: {why}")
        self.why = why


class SetUpError(LabError):
    """Something inside could not be set up; `output` is what the program said."""

    def __init__(self, command: str, output: str) -> None:
        super().__init__(f"{command} failed: {output}")
        self.command, self.output = command, output


@cache
def prefix() -> tuple[str, ...]:
    """Give what stands before a command that is to run apart.

    The command calls `end_with_our_parent`, so that it dies with us; its children are in a process
    namespace that dies with it.

    Raises:
        ProgramMissingError, NamespaceError.
    """
    unshare = required("unshare", "util-linux")
    as_root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = (unshare, *as_root, *_APART)
    tried = subprocess.run(
        [*command, "true"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if tried.returncode:
        raise NamespaceError(tried.stderr.strip() or f"unshare ended with {tried.returncode}")
    return command


def run_inside(module: str, *args: str, within: float) -> bytes:
    """Run a Python module apart and give what it wrote to standard output.

    Raises:
        ProgramMissingError, NamespaceError, SetUpError.
        TimeoutError: it took longer than `within` seconds; it is ended then.
    """
    command = [*prefix(), sys.executable, "-m", module, *args]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, INSIDE: "1"},
        start_new_session=True,
    ) as process:
        try:
            out, err = _output(process, within)
        except BaseException:  # also when interrupted: nothing may be left behind
            process.kill()
            raise
    if process.returncode:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise SetUpError(module, " ".join(last) or f"exit status {process.returncode}")
    return out


def _output(process: subprocess.Popen[bytes], within: float) -> tuple[bytes, bytes]:
    assert process.stdin
    held, process.stdin = process.stdin, None  # communicate would close it, and end the command
    try:
        return process.communicate(timeout=within)
    except subprocess.TimeoutExpired as exc:
        raise TimeoutError from exc
    finally:
        held.close()


def end_with_our_parent() -> None:
    """End this process when its standard input ends, which whoever runs us inside holds open."""

    def wait() -> None:
        # A raw read: a thread that holds the buffered reader would stop the interpreter's own end.
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def inside() -> bool:
    """Whether this process runs in a network of its own."""
    return INSIDE in os.environ


def call(*command: str, told: str = "") -> None:
    """Run a program that sets something up; `told` is its standard input.

    Raises:
        SetUpError: it failed.
    """
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetUpError(" ".join(command), done.stderr.strip())


def required(name: str, package: str) -> str:
    """Give the path of a program.

    Raises:
        ProgramMissingError: with the command that installs its package.
    """
    if (path := program(name)) is None:
        raise ProgramMissingError(name, f"apt-get install {package}")
    return path


def wake_up() -> None:
    """Give this process's own network its loopback, with the packet size of an Ethernet."""
    call(required("ip", "iproute2"), "link", "set", "lo", "up", "mtu", "1500")
