"""What the fixtures give: the endpoint, its users, and connections that cannot hang."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from hangup.address import parse_url
from hangup.endpoint import Credential, Endpoint
from hangup.pytest_plugin.guard import GuardedError
from hangup.pytest_plugin.sockets import AsyncSocket, Socket
from hangup.pytest_plugin.waiting import Dialled

if TYPE_CHECKING:
    from types import TracebackType

    from hangup.plan.users import User

URL = "HANGUP_URL"


def settings(config: pytest.Config) -> dict[str, Any]:
    """Give [tool.hangup] of the pyproject.toml in the root of the tests, empty without one.

    Raises:
        pytest.UsageError: it cannot be read.
    """
    path = config.rootpath / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise pytest.UsageError(f"{path}: {exc}") from None
    found = document.get("tool", {}).get("hangup", {})
    if unknown := set(found) - {"endpoint", "users"}:
        raise pytest.UsageError(f"{path}: [tool.hangup] has no key {min(unknown)!r}")
    return dict(found)


def endpoint(config: pytest.Config) -> str:
    """Give the URL that is tested.

    Raises:
        GuardedError: there is none, so nothing was tested.
    """
    given = config.getoption("hangup_url") or os.environ.get(URL)
    url = given or config.getini("hangup_endpoint") or settings(config).get("endpoint")
    if not url:
        missing = f"--hangup-url, {URL}, hangup_endpoint or [tool.hangup] endpoint must name a URL"
        raise GuardedError("not executed", missing)
    return str(url)


class Users:
    """The users of [tool.hangup.users], written as in a plan."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._users: dict[str, User] | None = None

    def __call__(self, name: str) -> User:
        """Give one.

        Raises:
            GuardedError: nobody has the name, or the credential cannot be had.
        """
        if self._users is None:
            self._users = self._read()
        if name not in self._users:
            names = ", ".join(self._users) or "nobody"
            raise GuardedError(
                "not executed", f"[tool.hangup.users] has no {name!r}; it has {names}"
            )
        user = self._users[name]
        if user.lacks:
            raise GuardedError("not executed", user.lacks)
        return user

    def _read(self) -> dict[str, User]:
        import yaml

        from hangup.document import Nodes, compose
        from hangup.errors import DocumentError
        from hangup.plan.users import read_users

        source = str(self._config.rootpath / "pyproject.toml")
        text = yaml.safe_dump(settings(self._config).get("users", {}))
        try:
            root = compose(text, source)
            return read_users(Nodes(source), root) if root is not None else {}
        except DocumentError as exc:
            raise pytest.UsageError(f"{source}: [tool.hangup.users]: {exc.why}") from None


class Connect:
    """Gives connections of one test, each for `with` or for `async with`."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(
        self,
        url: str = "",
        *,
        user: str | None = None,
        token: str | None = None,
        subprotocols: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
        within: float = 5.0,
    ) -> Connecting:
        """Prepare one.

        `url` is whole or relative to `ws_endpoint`; `user` is one of `ws_user`, `token` a bearer
        token; `within` are the seconds that the opening, and each wait for a message, may take.
        """
        if "://" not in url:
            base = str(self._request.getfixturevalue("ws_endpoint"))
            url = _joined(base, url) if url else base
        credential = Credential(token=token) if token is not None else None
        if user is not None:
            credential = self._request.getfixturevalue("ws_user")(user).credential
        address = parse_url(url)
        dialled = Endpoint(
            secure=address.secure,
            host=address.host,
            port=address.port,
            target=address.target,
            headers=tuple((headers or {}).items()),
            credential=credential,
            subprotocols=subprotocols,
        )
        return Connecting(Dialled(dialled, within))


def _joined(base: str, url: str) -> str:
    """Join as for HTTP; the standard library does not know the scheme of WebSockets."""
    scheme, _, rest = base.partition("://")
    joined = urljoin(f"http://{rest}", url)
    return f"{scheme}://{joined.partition('://')[2]}"


class Connecting:
    """A connection that is not open yet."""

    def __init__(self, dialled: Dialled) -> None:
        self._dialled = dialled
        self._socket: Socket | None = None
        self._async: AsyncSocket | None = None

    def __enter__(self) -> Socket:
        """Open it."""
        self._socket = Socket.open(self._dialled)
        return self._socket

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Close it."""
        if self._socket:
            self._socket.close()

    async def __aenter__(self) -> AsyncSocket:
        """Open it."""
        self._async = await AsyncSocket.open(self._dialled)
        return self._async

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Close it."""
        if self._async:
            await self._async.close()
