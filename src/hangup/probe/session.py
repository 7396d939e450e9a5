"""An open WebSocket: a reader that never sleeps, and the few things a script can do with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from websockets.frames import Frame

from hangup.event import (
    BytesAfterClose,
    DeadlineExpired,
    LocalClose,
    ReadingPaused,
    ReadingResumed,
    StreamEnded,
    StreamReset,
)
from hangup.failure import name_error
from hangup.probe.frames import WatchedProtocol
from hangup.probe.hearing import Wish, hear, wish_for
from hangup.probe.inbox import Inbox
from hangup.probe.recorder import Recorder
from hangup.probe.tally import Tally
from hangup.probe.wire import Wire

CLOSE_PATIENCE = 1.0
"""Seconds for the peer to answer our close frame."""
END_PATIENCE = 0.3
"""Seconds for the peer to end TCP once both close frames are out (RFC 6455, 7.1.1)."""
BITE, MOST_BITES, TURN = 1024, 8, 0.005
"""Bytes that are parsed together, such pieces and seconds in one turn of the loop.

A piece can be 512 frames, and deadlines wait, those of all other connections too.
"""
QUIET_TURNS, MOST_TURNS = 3, 20
"""Turns of the loop without a byte that show that nothing was here; and when we stop looking."""


class Session:
    """One open connection; every wait has a deadline, and the peer's end wakes them all."""

    def __init__(self, wire: Wire, protocol: WatchedProtocol, recorder: Recorder) -> None:
        self._wire, self._protocol, self._recorder = wire, protocol, recorder
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._over = self._end_recorded = False
        self._break: OSError | None = None
        self._mute = False
        self._feeding = False
        self._inbox = Inbox(lambda: recorder.now)
        self.subprotocol: str | None = protocol.subprotocol

    @property
    def closed(self) -> bool:
        """Whether a close frame came or went, or the stream is over."""
        protocol = self._protocol
        return self._over or protocol.ended_by_peer or protocol.close_sent is not None

    async def begin(self, glued: bytes) -> None:
        """Take in what came with the 101, before anything is said: it answers nothing of ours."""
        if glued:
            await self._feed(glued)

    async def read_on(self) -> None:
        """Read until the stream is over; run as a task beside the script."""
        try:
            while data := await self._wire.read():
                await self._feed(data)
        except OSError as exc:
            self._record_reset(exc, while_sending=False)
        else:
            if self._break:
                self._record_reset(self._break, while_sending=True)
            else:
                self._record_end()
        finally:
            self._over = True
            self._changed.set()

    async def send(self, data: str | bytes) -> bool:
        """Send one message; False when the connection was over before it was all handed over."""
        await self.take_in_what_came()
        if self.closed:
            return False
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
            self._protocol.send_text(data)
        else:
            self._protocol.send_binary(data)
        began = self._recorder.now
        try:
            return await self._flush()
        except asyncio.CancelledError:
            self._record_expired(f"the peer to take a message of {len(data)} bytes", began)
            raise

    async def hear(self, pattern: str | None, within: float) -> str | bytes | None:
        """Give the next message that matches, letting go of those before it; None if none came."""
        return await self._hear(wish_for(pattern), within)

    async def hear_where(
        self, wanted: Callable[[str | bytes], bool], what: str, within: float
    ) -> str | bytes | None:
        """Give the next message that is wanted, as `hear` does; `what` says what that is."""
        return await self._hear(Wish(wanted, what), within)

    async def _hear(self, wish: Wish, within: float) -> str | bytes | None:
        return await hear(
            wish,
            within,
            inbox=self._inbox,
            recorder=self._recorder,
            until=self._until,
            expired=self._not_heard,
        )

    def _not_heard(self, what: str, since: float) -> None:
        if not self.closed:
            self._record_expired(what, since)

    async def next_message(self, within: float) -> str | bytes | None:
        """Give the next message, None when none came; that one was waited for is not recorded."""
        found: list[str | bytes] = []

        def came() -> bool:
            if not found and (message := self._inbox.pop()) is not None:
                found.append(message)
            return bool(found) or self.closed

        await self._until(came, within)
        return found[0] if found else None

    @property
    def now(self) -> float:
        """Seconds since the trace began."""
        return self._recorder.now

    @property
    def came_at(self) -> float:
        """When the message came that was looked at last, in seconds since the trace began."""
        return self._inbox.came_at

    @property
    def lost(self) -> int:
        """How many messages were let go unseen, because too many were waiting."""
        return self._inbox.lost

    def heard(self) -> list[str | bytes]:
        """Give the messages that came and were not looked at yet, without waiting."""
        return self._inbox.pop_all()

    def count(self, every: float) -> None:
        """Count from now on all messages that come, in stretches of so many seconds."""
        self._protocol.tally = Tally(self._recorder, every)

    @property
    def counted(self) -> int:
        """How many messages came since they are counted."""
        return self._protocol.tally.messages if self._protocol.tally else 0

    async def hold(self, seconds: float) -> None:
        """Read nothing for so long: what the peer sends fills our buffer, and then its own.

        Pings that come meanwhile are not seen, and so not answered.
        """
        self._wire.pause()
        try:
            await self._finish_feeding()
            began = self._recorder.now
            self._recorder.add(ReadingPaused(at=began, buffer=self._wire.buffer))
            await asyncio.sleep(seconds)
            now, unread = self._recorder.now, self._wire.unread
            self._recorder.add(ReadingResumed(at=now, paused=now - began, unread=unread))
        finally:
            self._wire.resume()

    async def _finish_feeding(self) -> None:
        """Let what was read before a pause be parsed, so that it does not seem to come later."""
        for turn in range(MOST_TURNS):
            if turn >= QUIET_TURNS and not self._feeding:
                return
            await asyncio.sleep(0)

    async def ping(self, payload: bytes, within: float) -> bool:
        """Send a ping and wait for its pong."""
        if self.closed:
            return False
        began = self._recorder.now
        self._protocol.send_ping(payload)
        if await self._ask(lambda: payload in self._inbox.pongs, within):
            return True
        if not self.closed:
            self._record_expired("a pong", began)
        return False

    async def listen(self, seconds: float) -> None:
        """Say nothing for a while, or until the connection is over."""
        await self._until(lambda: self.closed, seconds)

    def attend(self, told: Callable[[bytes], None]) -> None:
        """Tell somebody of each message before the script looks at it, the first ones included.

        What came with the 101 is here before a script can ask for anything.
        """
        self._inbox.attend(told)

    def break_off(self) -> None:
        """End it here with a reset of TCP and without a close frame, as a broken network does."""
        self._wire.break_off()
        self._over = self._mute = True
        self._changed.set()
        self._give_up("broken off on purpose, without a close frame", abort=True)

    async def close(self) -> None:
        """Close in order, unless it is over; then give the socket up."""
        began = self._recorder.now
        await self.take_in_what_came()
        if not self.closed:
            self._protocol.send_close(1000)
            answered = await self._ask(lambda: self._protocol.ended_by_peer, CLOSE_PATIENCE)
            if not answered and not self._over:
                self._record_expired("the answer to our close frame", began)
                self._give_up("no answer to our close frame", abort=True)
                return
        await self._until(lambda: self._over, END_PATIENCE)
        if not self._over:
            done = self._protocol.ended_by_peer
            why = "the closing handshake is done" if done else "we failed the connection"
            self._give_up(f"{why}, TCP is still open", abort=False)

    def finish(self) -> None:
        """Record what is left to say when the connection is given up."""
        self._protocol.end()
        now = self._recorder.now
        if size := self._protocol.after_close_size:
            self._recorder.add(BytesAfterClose(at=now, size=size, head=self._protocol.after_close))
        if self._break and not self._end_recorded:
            self._record_reset(self._break, while_sending=True)

    async def take_in_what_came(self) -> None:
        """Let the reader have what is here already: it is no answer to what we say next."""
        quiet = 0
        for _ in range(MOST_TURNS):
            quiet = 0 if self._feeding or self._wire.waiting() else quiet + 1
            if self.closed or quiet == QUIET_TURNS:
                return
            await asyncio.sleep(0)

    async def _ask(self, answered: Callable[[], bool], within: float) -> bool:
        """Send what is to be sent and wait for its answer; a peer may also not take it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._flush()
                await self._until(answered, within)
        return answered()

    async def _until(self, done: Callable[[], bool], within: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not done():
                    if self._over:
                        return False
                    self._changed.clear()
                    await self._changed.wait()
        return done()

    async def _feed(self, data: bytes) -> None:
        since, bites = self._recorder.now, 0
        for start in range(0, len(data), BITE):
            self._feeding = True
            self._protocol.receive(data[start : start + BITE])
            for event in self._protocol.events_received():
                if isinstance(event, Frame):
                    self._inbox.take(event)
            bites += 1
            if bites < MOST_BITES and self._recorder.now - since < TURN:
                continue
            await self._give_way()
            since, bites = self._recorder.now, 0
        await self._give_way()
        self._feeding = False

    async def _give_way(self) -> None:
        self._changed.set()
        await self._flush()
        await asyncio.sleep(0)

    async def _flush(self) -> bool:
        async with self._writing:
            for chunk in self._protocol.data_to_send():
                if not chunk or self._over or self._mute:
                    continue
                self._mute = True  # until it is out: nothing that follows half a frame makes sense
                try:
                    await self._wire.write(chunk)
                except OSError as exc:
                    # What came before the break (a close frame, say) is still there to be read,
                    # so the reader goes on, and records the break where the bytes end.
                    self._break = exc
                else:
                    self._mute = False
        return not self._mute

    def _record_end(self) -> None:
        self._protocol.end()
        self._end_recorded = True
        self._recorder.add(
            StreamEnded(
                at=self._recorder.now,
                close_notify=self._wire.close_notify,
                pending=self._protocol.pending_size,
            )
        )

    def _record_reset(self, exc: OSError, *, while_sending: bool) -> None:
        self._protocol.end()
        self._end_recorded = True
        self._recorder.add(
            StreamReset(
                at=self._recorder.now,
                failure=name_error(exc),
                text=exc.strerror or str(exc),
                while_sending=while_sending,
                pending=self._protocol.pending_size,
            )
        )

    def _record_expired(self, what: str, since: float) -> None:
        self._recorder.add(
            DeadlineExpired(
                at=self._recorder.now,
                waiting_for=what,
                since=since,
                pending=self._protocol.pending_size,
                pending_head=self._protocol.pending,
            )
        )

    def _give_up(self, why: str, *, abort: bool) -> None:
        self._recorder.add(LocalClose(at=self._recorder.now, why=why, abort=abort))
