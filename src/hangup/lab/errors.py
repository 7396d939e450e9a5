"""What can go wrong when the lab starts a part of its own."""

from __future__ import annotations

from hangup.errors import HangupError


class LabError(HangupError):
    """A part of the lab could not be used."""


class NoServersHereError(LabError):
    """This system has no groups of processes, by which servers are ended."""

    def __init__(self) -> None:
        super().__init__("servers are started on Linux and macOS only, so no demo and no lab")


class ProgramMissingError(LabError):
    """A server or proxy is not installed; `install` is the command that installs it."""

    def __init__(self, program: str, install: str) -> None:
        super().__init__(f"{program} is not installed; install it with: {install}")
        self.program, self.install = program, install


class StartFailedError(LabError):
    """A server ended, or accepted no connection in time; `exit_code` is None when it still ran."""

    def __init__(self, program: str, exit_code: int | None, output: str, waited: float) -> None:
        what = (
            f"accepted no connection within {waited:g} s"
            if exit_code is None
            else f"ended with exit code {exit_code} before it accepted a connection"
        )
        super().__init__(f"{program} {what}; its last output:\n{output or '(none)'}")
        self.program, self.exit_code, self.output = program, exit_code, output


class UnsupportedRouteError(LabError):
    """A proxy cannot be configured as asked."""

    def __init__(self, program: str, what: str) -> None:
        super().__init__(f"{program} cannot {what}")
        self.program, self.what = program, what
