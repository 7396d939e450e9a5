"""Connections to PostgreSQL: each job ends by its deadline, and is tried again while that lasts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from hangup.bridge.log import LogError, LogUnavailableError

CONNECTIONS = 10
PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds before the second attempt, and at most before a later one; each waits twice as long."""
PASSING = (
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,
    TimeoutError,
    OSError,
)
"""Errors after which the same may be tried again."""
T = TypeVar("T")
Job = Callable[[Any], Awaitable[T]]
"""What is done with a connection of asyncpg. It may be done twice: it is safe to repeat."""


class PostgresConnections:
    """A pool, and in it a schema of our own, made and brought up to date before it is first used.

    `versions` are the statements that make the schema, in steps that are only ever added to.

    Raises:
        ValueError: the URL is none of PostgreSQL; what it holds is not told.
    """

    def __init__(self, url: str, schema: str, versions: Sequence[str], deadline: float) -> None:
        if not _is_postgres(url):
            raise ValueError("it is no URL as postgresql://USER@HOST:PORT/DATABASE")
        self._schema, self._versions, self._deadline = schema, versions, deadline
        self._pool: Any = None
        self._url = url
        self._made = False
        self._making = asyncio.Lock()
        self._doing: set[asyncio.Future[Any]] = set()

    async def read(self, job: Job[T]) -> T:
        """Have a job done that only reads.

        Raises:
            LogError: what the job refuses by, or that the database cannot be used now.
        """
        return await self._apart(self._patiently(job))

    async def write(self, job: Job[T], user: str) -> T:
        """Have a job done in a transaction, in turn with all others of the same user.

        Raises:
            LogError: as `read`; nothing is written then.
        """
        return await self._apart(self._patiently(_transaction(job, user)))

    async def once(self, job: Job[T]) -> T:
        """Have a job done that writes, at the first attempt or not at all."""
        return await self._apart(self._attempt(_transaction(job, ""), self._deadline))

    async def close(self) -> None:
        """Do what waits, and let go of all connections."""
        if self._doing:
            await asyncio.wait(self._doing, timeout=self._deadline)
        if self._pool is not None:
            try:
                async with asyncio.timeout(self._deadline):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()

    async def _apart(self, doing: Awaitable[T]) -> T:
        # A caller that is cancelled leaves the job to end by itself: what it decides is whole.
        task = asyncio.ensure_future(doing)
        self._doing.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Future[Any]) -> None:
        self._doing.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be there to ask for it

    async def _patiently(self, job: Job[T]) -> T:
        loop, pause = asyncio.get_running_loop(), PAUSE
        until = loop.time() + self._deadline
        while True:
            try:
                return await self._attempt(job, until - loop.time())
            except LogUnavailableError:
                if loop.time() + pause >= until:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _attempt(self, job: Job[T], seconds: float) -> T:
        try:
            return await self._connected(job, seconds)
        except PASSING as error:
            # Its text may name the server or the user: the kind says enough.
            raise LogUnavailableError(f"PostgreSQL cannot be used: {_kind(error)}") from None
        except asyncpg.PostgresError as error:
            raise LogError(f"PostgreSQL refuses: {_kind(error)}") from None

    async def _connected(self, job: Job[T], seconds: float) -> T:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        pool = await self._opened()
        connection = await pool.acquire(timeout=seconds)
        # A command is never cancelled, since that asks a server that may be silent: its connection
        # is cut off.
        cutting = loop.call_at(until, connection.terminate)
        try:
            await self._make(connection)
            return await job(connection)
        except (asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection.terminate()  # it was on its way to its end, and is of no more use
            raise
        finally:
            cutting.cancel()
            await pool.release(connection, timeout=max(0.1, until - loop.time()))

    async def _opened(self) -> Any:
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=CONNECTIONS,
                timeout=self._deadline,
                init=self._prepare,
                reset=_leave,
            )
        return await self._pool

    async def _prepare(self, connection: Any) -> None:
        # In statements and not as settings of the start, which poolers refuse. What is left of a
        # process that is gone must not hold up the others.
        await connection.execute(
            "SET application_name = 'hangup chat';"
            f"SET search_path = {_quoted(self._schema)};"
            f"SET lock_timeout = '{self._deadline:g}s';"
            f"SET idle_in_transaction_session_timeout = '{2 * self._deadline:g}s'"
        )
        # A text of PostgreSQL holds neither NUL nor half of a surrogate pair, and JSON may.
        await connection.set_type_codec(
            "text", schema="pg_catalog", encoder=escaped, decoder=_plain
        )

    async def _make(self, connection: Any) -> None:
        if self._made:
            return
        async with self._making, connection.transaction():
            if not self._made:
                await _make(connection, self._schema, self._versions)
        self._made = True


async def _make(connection: Any, schema: str, versions: Sequence[str]) -> None:
    """Make or bring up to date the schema; processes that begin together take turns."""
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise LogError(f"the database is in {encoding}, and has to be in UTF8")
    await _take_turns(connection, f"schema {schema}")
    # Asked before it is made: whoever has no right to make it can use what another has made.
    if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", _quoted(schema)):
        await connection.execute(f"CREATE SCHEMA {_quoted(schema)}")
    if not await connection.fetchval("SELECT to_regclass('version') IS NOT NULL"):
        await connection.execute("CREATE TABLE version (number integer NOT NULL)")
    found = await connection.fetchval("SELECT coalesce(max(number), 0) FROM version")
    if found > len(versions):
        raise LogError(f"schema {schema} was made by a newer hangup")
    for number in range(found, len(versions)):
        await connection.execute(versions[number])
        await connection.execute("INSERT INTO version VALUES ($1)", number + 1)


def _transaction(job: Job[T], user: str) -> Job[T]:
    async def done(connection: Any) -> T:
        async with connection.transaction():
            await _take_turns(connection, f"user {user}")
            return await job(connection)

    return done


async def _take_turns(connection: Any, name: str) -> None:
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('hangup ' || $1, 0))"
    await connection.execute(lock, name)


async def _leave(connection: Any) -> None:
    """Change nothing between two jobs: what they do is over with their transactions."""


def escaped(text: str) -> str:
    """Give a text as it is kept; for those in arrays, which the driver does not do by itself."""
    return re.sub("[\x00\\\\\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_postgres(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        return False


def _kind(error: BaseException) -> str:
    return type(error).__name__
