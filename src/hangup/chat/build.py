"""From what a user asks for to the parts of a chat."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from msgspec import Struct

from hangup import __version__
from hangup.bridge import Limits, LogUnavailableError
from hangup.bridge.log import EventLog
from hangup.bridge.sqlite import SqliteLog
from hangup.chat.agent import Agent
from hangup.chat.app import Parts
from hangup.chat.builtin import BuiltIn
from hangup.chat.conversations import Conversations
from hangup.chat.conversations_sqlite import SqliteConversations
from hangup.chat.documents import Documents
from hangup.chat.keys import FetchedKeys, FixedKeys, Key, Keys, public_key, secret_key
from hangup.chat.tokens import Tokens
from hangup.chat.tools import Toolbox
from hangup.errors import UsageError
from hangup.store.database import NotAStoreError

EVENTS, THREADS, SECRET = "events.db", "threads.db", "development-secret"


class Wanted(Struct, frozen=True, kw_only=True):
    """What a user asks for, with paths as given; `secret`, `model_key` and URLs are never shown."""

    data: Path
    redis: str | None = None
    postgres: str | None = None
    secret: bytes | None = None
    public_keys: tuple[Path, ...] = ()
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    development: bool = False
    cookie: str | None = None
    token_in_query: bool = False
    origins: tuple[str, ...] = ()
    documents: Path | None = None
    model_url: str | None = None
    model: str = ""
    model_key: str = ""
    longest: float = 120.0
    build: str = ""


def parts_of(wanted: Wanted) -> Parts:
    """Open what is asked for.

    Raises:
        UsageError: with what is wrong.
    """
    wanted = _with_development_secret(wanted)
    tokens = Tokens(keys=_keys(wanted), issuer=wanted.issuer, audience=wanted.audience)
    agent = _agent(wanted)
    try:
        log, conversations = _log(wanted), _conversations(wanted)
    except (LogUnavailableError, NotAStoreError) as error:
        raise UsageError(f"--data: {error}") from None
    return Parts(
        log=log,
        conversations=conversations,
        agent=agent,
        tokens=tokens,
        limits=Limits(),
        build=wanted.build or __version__,
        longest=wanted.longest,
        origins=wanted.origins or None,
        cookie=wanted.cookie,
        token_in_query=wanted.token_in_query,
        development=wanted.secret if wanted.development else None,
    )


def _with_development_secret(wanted: Wanted) -> Wanted:
    try:
        if wanted.development or wanted.redis is None or wanted.postgres is None:
            wanted.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not wanted.development:
            return wanted
        path = wanted.data / SECRET
        if not path.exists():
            _write_once(path, secrets.token_hex(32))
        changed = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
        return Wanted(**{**changed, "secret": path.read_bytes()})
    except OSError as error:
        raise UsageError(f"--data: {error.strerror or error}") from None


def _write_once(path: Path, text: str) -> None:
    """Write a file that appears whole, and only once: two processes may begin together."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(0o600, exist_ok=False)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _keys(wanted: Wanted) -> Keys:
    fixed: list[Key] = [secret_key(wanted.secret)] if wanted.secret else []
    for path in wanted.public_keys:
        try:
            fixed.append(public_key(path.read_bytes()))
        except OSError as error:
            raise UsageError(f"--public-key: {path}: {error.strerror}") from None
    if wanted.jwks and fixed:
        raise UsageError("--jwks: with it no other key is taken")
    if wanted.jwks:
        return FetchedKeys(wanted.jwks)
    if not fixed:
        raise UsageError(
            "there is no key for tokens: give --secret-file, --public-key or --jwks, or"
            " --development on your own machine"
        )
    return FixedKeys(*fixed)


def _agent(wanted: Wanted) -> Agent:
    tools = Toolbox(_documents(wanted.documents))
    if wanted.model_url is None:
        return BuiltIn(tools)
    if not wanted.model:
        raise UsageError("--model: it is missing; --model-url wants the name of a model")
    try:
        from hangup.chat.openai import OpenAI  # here: an extra
    except ImportError:
        raise UsageError("--model-url: it needs pip install 'hangup[model]'") from None
    return OpenAI(wanted.model_url, wanted.model, wanted.model_key, tools)


def _documents(folder: Path | None) -> Documents:
    if folder is None:
        return Documents()
    try:
        found = Documents.of_folder(folder)
    except OSError as error:
        raise UsageError(f"--documents: {error.strerror}") from None
    if not len(found):
        raise UsageError(f"--documents: {folder} holds no .md, .txt or .rst file")
    return found


def _log(wanted: Wanted) -> EventLog:
    if wanted.redis is None:
        return SqliteLog(wanted.data / EVENTS)
    try:
        from hangup.bridge.redis_streams import RedisLog  # here: an extra
    except ImportError:
        raise UsageError("--redis: it needs pip install 'hangup[redis]'") from None
    try:
        return RedisLog(wanted.redis)
    except ValueError:
        raise UsageError("--redis: it is no URL as redis://HOST:PORT/NUMBER") from None


def _conversations(wanted: Wanted) -> Conversations:
    if wanted.postgres is None:
        return SqliteConversations(wanted.data / THREADS)
    try:
        from hangup.chat.conversations_postgres import PostgresConversations  # here: an extra
    except ImportError:
        raise UsageError("--postgres: it needs pip install 'hangup[postgres]'") from None
    try:
        return PostgresConversations(wanted.postgres)
    except ValueError as error:
        raise UsageError(f"--postgres: {error}") from None
