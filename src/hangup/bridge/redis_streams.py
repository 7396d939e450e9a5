"""The log in Redis Streams: for many processes and hosts."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ReadOnlyError, RedisError

from hangup.bridge import redis_scripts as scripts
from hangup.bridge.log import (
    Entry,
    EpochChangedError,
    MissingStepError,
    OpenRun,
    Position,
    Retention,
    RunExistsError,
    RunKey,
    RunOverError,
    TooManyRunsError,
    Wake,
)
from hangup.bridge.redis_errors import as_log_error
from hangup.bridge.redis_watch import RedisWatch
from hangup.bridge.watchers import Watchers

CONNECTIONS = 16
AT_ONCE = 100
"""Events, runs or users that one step of Redis looks at, since it does nothing else meanwhile."""


class RedisLog:
    """Keeps each user's events in a stream of Redis 7 or later, shared by any number of hosts.

    With `appendonly yes` and `appendfsync always` nothing that `append` has returned is lost when
    Redis is killed. What another Redis loses, with `everysec` its last second, begins a new epoch,
    and a run of which something was lost refuses the next `append` with `MissingStepError`. Redis
    must not evict (`maxmemory-policy noeviction`), and its user must be allowed `INFO`. The keys
    of one log lie on one server: a primary with replicas, and not a cluster.

    Args:
        url: as of redis-py, `redis://[user:password@]host:port/number`.
        prefix: what all keys begin with, so that several logs can share a server.
        deadline: seconds within which every operation ends.
    """

    def __init__(self, url: str, *, prefix: str = "hangup", deadline: float = 5.0) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=deadline,
            socket_timeout=deadline,
            socket_connect_timeout=deadline,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._meet,
        )
        self._redis = Redis(connection_pool=pool)
        self._prefix, self._deadline = prefix, deadline
        self._doing: set[asyncio.Future[Any]] = set()
        self._watchers = Watchers()
        self._watch = RedisWatch(url, prefix, deadline, self._watchers)
        self._scripts = {text: self._redis.register_script(text) for text in _ALL}

    async def begin(
        self, user: str, run: str, owner: str, *, now: float, lease: float, most: int
    ) -> None:
        """Open a run; see `EventLog.begin`."""
        new = secrets.token_hex(8)
        till = _text(now + lease)
        name = _quoted(run)
        found = await self._of_user(
            scripts.BEGIN, user, new, _text(now), name, owner, till, str(most)
        )
        if found == b"RunExistsError":
            raise RunExistsError(f"run {run} is there already")
        if found == b"TooManyRunsError":
            raise TooManyRunsError(f"{most} runs are open, and more are not allowed")

    async def append(
        self, user: str, run: str, owner: str, step: int, *bodies: bytes, now: float, ends: bool
    ) -> int:
        """Write events; see `EventLog.append`."""
        last = "1" if ends else "0"
        found = await self._of_user(
            scripts.APPEND, user, _quoted(run), owner, str(step), _text(now), last, *bodies
        )
        if not found[0]:
            seq = int(found[1])
            self._watchers.wake(user, seq, found[2].decode())
            return seq
        if found[0] == b"MissingStepError":
            raise MissingStepError(run, int(found[1]), step)
        raise RunOverError(run, found[0].decode())

    async def read(self, user: str, after: int, limit: int, *, epoch: str = "") -> list[Entry]:
        """Give entries in order; see `EventLog.read`."""
        both = self._redis.pipeline(transaction=True)
        both.hget(self._key("user", user), "epoch")
        both.xrange(self._key("log", user), f"({after}-0", "+", count=limit)
        known, found = await self._done(both.execute())
        if epoch and known != epoch.encode():
            raise EpochChangedError
        return [_entry(id, fields) for id, fields in found]

    async def position(self, user: str, *, now: float) -> Position:
        """Say how far the log goes; see `EventLog.position`."""
        key = self._key("user", user)
        found = await self._done(
            self._redis.hmget(key, ["epoch", "first", "last", "acked", "earlier"])
        )
        if found[0] is None:
            found = await self._of_user(scripts.POSITION, user, secrets.token_hex(8), _text(now))
        epoch, first, last, acked, earlier = (each.decode() for each in found)
        pairs = tuple((each, int(end)) for each, end in map(str.split, earlier.splitlines()))
        return Position(epoch, int(first), int(last), int(acked), pairs)

    async def open_runs(self, user: str) -> tuple[str, ...]:
        """Give the runs that have not ended."""
        found = await self._done(self._redis.zrange(self._key("opened", user), 0, -1))
        return tuple(_unquoted(name) for name in found)

    async def acknowledge(self, user: str, seq: int) -> None:
        """Note how far a client has come; see `EventLog.acknowledge`."""
        await self._of_user(scripts.ACKNOWLEDGE, user, str(seq))

    async def renew(self, owner: str, runs: Iterable[RunKey], *, now: float, lease: float) -> None:
        """Keep those runs of the owner; see `EventLog.renew`."""
        members = [f"{_quoted(user)} {_quoted(run)}" for user, run in runs]
        await self._lease(owner, members, now + lease)

    async def release(self, owner: str, *, now: float) -> None:
        """Give up the owner's runs."""
        members = await self._done(self._redis.smembers(f"{self._prefix}:owner:{owner}"))
        await self._lease(owner, list(members), now)

    async def orphans(self, *, now: float, limit: int = 100) -> list[OpenRun]:
        """Give open runs whose lease has run out."""
        key = f"{self._prefix}:open"
        members = await self._done(
            self._redis.zrangebyscore(key, "-inf", _text(now), start=0, num=limit)
        )
        found = []
        for member in members:
            user, run = member.split(b" ")
            kept = await self._done(self._redis.hget(f"{self._prefix}:runs:{user.decode()}", run))
            if kept is not None:
                step = int(json.loads(kept)["step"])
                found.append(OpenRun(_unquoted(user), _unquoted(run), step))
        return found

    async def take(
        self, user: str, run: str, owner: str, *, now: float, lease: float
    ) -> OpenRun | None:
        """Take over a run whose lease has run out; see `EventLog.take`."""
        step = await self._of_user(
            scripts.TAKE, user, _quoted(run), owner, _text(now), _text(now + lease)
        )
        return None if int(step) < 0 else OpenRun(user, run, int(step))

    async def prune(self, retention: Retention, *, now: float) -> int:
        """Delete what retention does not keep, in steps that are short for Redis."""
        gone, cursor, key = 0, 0, f"{self._prefix}:users"
        while True:
            cursor, users = await self._done(self._redis.zscan(key, cursor, count=AT_ONCE))
            for user, _ in users:
                gone += await self._prune_user(user, retention, now)
            if not cursor:
                return gone

    def watch(self, user: str, wake: Wake) -> Callable[[], None]:
        """Have `wake` called when the user may have new entries; see `EventLog.watch`."""
        remove = self._watchers.add(user, wake)
        self._watch.changed()

        def unwatch() -> None:
            remove()
            self._watch.changed()

        return unwatch

    async def close(self) -> None:
        """Let go of all connections."""
        self._watchers.clear()
        await self._watch.close()
        if self._doing:
            await asyncio.wait(self._doing, timeout=self._deadline)
        await self._redis.aclose(close_connection_pool=True)

    async def _prune_user(self, user: bytes, retention: Retention, now: float) -> int:
        most, before = str(retention.events), _text(now - retention.age)
        gone, more = 0, True
        while more:
            some, more = await self._script(scripts.PRUNE, user, most, before, str(AT_ONCE))
            gone += int(some)
        return gone

    async def _lease(self, owner: str, members: Sequence[str | bytes], until: float) -> None:
        for at in range(0, len(members), AT_ONCE):
            await self._script(scripts.LEASE, owner, _text(until), *members[at : at + AT_ONCE])

    async def _meet(self, connection: Any) -> None:
        # Before anything else is said on it: what another server has lost is noticed by the first
        # who comes, and nobody writes before that.
        await connection.on_connect()
        term = secrets.token_hex(8)
        await connection.send_command("EVAL", scripts.MEET, 0, self._prefix, term)
        await connection.read_response()

    def _key(self, kind: str, user: str) -> str:
        return f"{self._prefix}:{kind}:{_quoted(user)}"

    async def _of_user(self, script: str, user: str, *values: str | bytes) -> Any:
        return await self._script(script, _quoted(user), *values)

    async def _script(self, script: str, *values: str | bytes) -> Any:
        return await self._done(self._scripts[script](args=[self._prefix, *values]))

    async def _done(self, action: Awaitable[Any]) -> Any:
        # A caller that is cancelled leaves the command to end by itself: a connection that was
        # left in the middle of an answer is of no more use to others.
        doing = asyncio.ensure_future(self._within(action))
        self._doing.add(doing)
        doing.add_done_callback(self._ended)
        return await asyncio.shield(doing)

    def _ended(self, doing: asyncio.Future[Any]) -> None:
        self._doing.discard(doing)
        if not doing.cancelled():
            doing.exception()  # nobody may be there to ask for it

    async def _within(self, action: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(self._deadline):
                return await action
        except ReadOnlyError as error:
            # It has become a replica, and may have lost something when it is none any more.
            pool: Any = self._redis.connection_pool
            await pool.update_active_connections_for_reconnect()
            await pool.disconnect(inuse_connections=False)
            raise as_log_error(error) from None
        except (RedisError, OSError) as error:
            raise as_log_error(error) from None


_ALL = (
    scripts.ACKNOWLEDGE,
    scripts.APPEND,
    scripts.BEGIN,
    scripts.LEASE,
    scripts.POSITION,
    scripts.PRUNE,
    scripts.TAKE,
)


def _entry(id: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(
        int(id.partition(b"-")[0]),
        _unquoted(fields[b"r"]),
        int(fields[b"s"]),
        float(fields[b"a"]),
        fields[b"b"],
    )


def _quoted(name: str) -> str:
    # Never empty, and without the colon and the space that stand between names.
    return "n" + quote(name, safe="", errors="surrogatepass")


def _unquoted(name: bytes) -> str:
    return unquote(name.decode()[1:], errors="surrogatepass")


def _text(seconds: float) -> str:
    return repr(float(seconds))
