"""A world: something that listens, what its honest user would ask, and the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from hangup.conversation import converse
from hangup.endpoint import Credential, Endpoint, Tls, TokenPlace
from hangup.inquiry import Inquiry


@dataclass(frozen=True, slots=True)
class Place:
    """Where a started world is: its port, that of the way around the proxy, its authority."""

    port: int
    bypass: int | None = None
    ca_file: str | None = None


Start = Callable[[], AbstractAsyncContextManager[Place]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One row: `truth` is the cause (None: healthy).

    `also` are the causes that nobody can tell from the truth from outside, with these options.
    `undecided` says that no cause need be named: the layer is all that the outside can know.
    `hidden` says that the truth looks so much like those that nobody would think of it.
    `waits` says that the fault itself takes time to show.
    `apart` says that world and diagnosis run in a network of their own.
    `held_out` says that it was written without sight of the catalogue's predictions; it is scored
    apart and not asserted in tests.
    """

    name: str
    start: Start
    truth: str | None
    also: tuple[str, ...] = ()
    undecided: bool = False
    hidden: bool = False
    waits: bool = False
    apart: bool = False
    held_out: bool = False
    path: str = "/ws"
    host: str = "127.0.0.1"
    secure: bool = False
    trusted: bool = True
    token: str | Callable[[], str] | None = None
    token_in: TokenPlace = "header"
    other_token: str | None = None
    sends: tuple[str | bytes, ...] = ()
    expects: tuple[str, ...] = ()
    resume: str | None = None
    differently: str | None = None
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    through_proxy: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    idle: float | None = None
    crowd: int | None = None
    read_slowly: float | None = None
    budget: float = 20.0

    @property
    def right(self) -> tuple[str, ...]:
        """The causes that are right to name; none at a healthy one."""
        return (self.truth, *self.also) if self.truth else ()

    @property
    def layers(self) -> frozenset[str]:
        """The layers of those causes."""
        return frozenset(cause.partition(".")[0] for cause in self.right)

    def inquiry(self, place: Place) -> Inquiry:
        """Give the order that the honest user places."""
        endpoint = Endpoint(
            secure=self.secure,
            host=self.host,
            port=place.port,
            target=self.path,
            headers=self.headers,
            credential=self._credential(self.token),
            other_credential=self._credential(self.other_token),
            subprotocols=self.subprotocols,
            origin=self.origin and self.origin.format(port=place.port),
            http_proxy=("127.0.0.1", place.port, None) if self.through_proxy else None,
            tls=Tls(ca_file=place.ca_file if self.trusted else None),
        )
        around = endpoint.with_(port=place.bypass, secure=False) if place.bypass else None
        return Inquiry(
            endpoint=endpoint,
            bypass=around,
            conversation=converse(self.sends, self.expects),
            resume=self.resume,
            differently=self.differently,
            idle=self.idle,
            crowd=self.crowd,
            read_slowly=self.read_slowly,
            budget=self.budget,
        )

    def _credential(self, token: str | Callable[[], str] | None) -> Credential | None:
        token = token() if callable(token) else token
        return Credential(token=token, place=self.token_in) if token else None
