"""What a client does to a server to see one behaviour of it, and how long it then watches."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hangup.lab.apps.asgi import PATH
from hangup.lab.process import ServerProcess
from hangup.lab.wire import TEXT, frame
from hangup.probe.connect import connect
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.probe.wire import Wire

if TYPE_CHECKING:
    from hangup.probe.session import Session

PLAIN = Opening(compression=False)
SETTLE = 0.1
"""Seconds after the 101 before a message or a signal: what comes in them is no answer to it."""
_MASK = b"mask"


@dataclass(slots=True)
class Stage:
    """One connection to a server while it is watched; `acted` is when something was done to it."""

    process: ServerProcess
    recorder: Recorder
    over: int
    wires: list[Wire] = field(default_factory=list)
    acted: float | None = None

    async def connect(
        self, addresses: Sequence[str], port: int, recorder: Recorder, within: float
    ) -> Wire | None:
        """Connect as the probe does, and keep the wire for bytes that are no legal frame."""
        wire = await connect(addresses, port, recorder, within)
        self.wires += [wire] if wire else []
        return wire

    def act(self) -> None:
        """Note that now something is done to the server."""
        self.acted = self.recorder.now


Act = Callable[["Session", Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """One behaviour: the application that shows it, the request, what is then done, the watch."""

    app: str = "echo"
    opening: Opening = PLAIN
    path: str = PATH
    act: Act | None = None
    watch: float = 2.5


async def _say_hello(session: Session, stage: Stage) -> None:
    stage.act()
    await session.send("hello")


async def _say_too_much(session: Session, stage: Stage) -> None:
    await session.send("x" * stage.over)
    stage.act()  # its end: some servers end the connection before they have read it all


async def _ask_for_a_reply(session: Session, _: Stage) -> None:
    await session.listen(1.2)
    if await session.send("hello"):
        await session.hear("hello", 1.2)


async def _say_no_utf8(session: Session, stage: Stage) -> None:
    stage.act()
    await stage.wires[-1].write(frame(TEXT, b"\xff\xfe", mask=_MASK))


async def _set_reserved_bit(session: Session, stage: Stage) -> None:
    stage.act()
    await stage.wires[-1].write(frame(TEXT, b"hello", rsv=2, mask=_MASK))


async def _terminate(session: Session, stage: Stage) -> None:
    stage.act()
    stage.process.terminate()


async def _kill(session: Session, stage: Stage) -> None:
    stage.act()
    os.killpg(stage.process.pid, signal.SIGKILL)


CONDUCTS = {
    "crash-before-accept": Conduct(app="crash_before_accept"),
    "crash-after-accept": Conduct(app="crash_after_accept"),
    "crash-on-message": Conduct(app="crash_on_message", act=_say_hello),
    "close-before-accept": Conduct(app="close_before_accept"),
    "close-after-accept": Conduct(app="close_after_accept"),
    "return-before-accept": Conduct(app="return_before_accept", watch=7),
    "return-after-accept": Conduct(app="return_after_accept", act=_ask_for_a_reply, watch=0.5),
    "message-too-big": Conduct(act=_say_too_much),
    "invalid-utf8": Conduct(act=_say_no_utf8),
    "reserved-bits": Conduct(act=_set_reserved_bit),
    "no-pong": Conduct(opening=Opening(compression=False, answer_pings=False), watch=5),
    "sigterm": Conduct(act=_terminate, watch=7),
    "sigkill": Conduct(act=_kill),
    "unknown-path": Conduct(path="/unknown"),
    "plain-get": Conduct(opening=Opening(upgrade=False)),
    "unknown-upgrade": Conduct(opening=Opening(compression=False, protocol="bogus")),
}
"""Each behaviour of `hangup.expectations.BEHAVIOURS`."""
