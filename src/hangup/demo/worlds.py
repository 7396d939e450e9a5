"""The demo's catalogue: the reference chat, each time with its story, a user and its truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from hangup.conversation import converse
from hangup.endpoint import Credential, Endpoint
from hangup.inquiry import Inquiry
from hangup.lab import proxies
from hangup.lab.chats import spawn_chat, token
from hangup.lab.process import LOOPBACK, ServerProcess, free_port
from hangup.lab.proxy import Route

PATH = "/ws"
LIVE = "/health/live"
"""The check that says of every fault that all is well, as the studied one did."""
USER = "demo-user"
PING = '{"type": "ping"}'
QUESTION = '{"type": "user_message", "text": "two and two"}'


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """A world that runs: how a client reaches it, and what its honest user would ask."""

    world: DemoWorld
    inquiry: Inquiry
    proxy: str | None
    health_url: str
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        """The WebSocket URL, through the proxy when there is one."""
        return self.inquiry.endpoint.url

    @property
    def bypass(self) -> str | None:
        """The URL of the backend itself; None when nothing stands in front of it."""
        return self.inquiry.bypass.url if self.inquiry.bypass else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorld:
    """One chat; `truth_cause` is None for a healthy one.

    `options` are those of `hangup chat`. `also_right` are causes that from outside cannot be told
    from the true one. `proxy` says what stands in front: any real proxy that is installed, one
    that does not forward upgrades (then a plain one of ours when none is installed), or nothing.
    """

    name: str
    story: str
    options: tuple[str, ...] = ()
    truth_layer: str | None
    truth_cause: str | None
    also_right: tuple[str, ...] = ()
    sends: tuple[str, ...] = (QUESTION,)
    expects: tuple[str, ...] = ("agent_completed",)
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    proxy: Literal["installed", "no-upgrade"] | None = None

    @contextmanager
    def start(self) -> Iterator[RunningWorld]:
        """Run the backend and its proxy while the context lasts.

        Raises:
            LabError: a part could not be started.
        """
        with ExitStack() as stack:
            backend = spawn_chat(Path(stack.enter_context(TemporaryDirectory())), *self.options)
            stack.callback(backend.stop, grace=0.0)  # it holds nothing worth an orderly end
            name = self._proxy_name()
            front = self._spawn_front(name, backend.port) if name else None
            if front:
                stack.callback(front.stop, grace=0.5)
                front.wait_ready()
            backend.wait_ready()
            yield self._running(backend, front, name)

    def _proxy_name(self) -> str | None:
        if self.proxy is None:
            return None
        return next(iter(proxies.installed()), "plain" if self.proxy == "no-upgrade" else None)

    def _spawn_front(self, name: str, upstream: int) -> ServerProcess:
        forward = self.proxy != "no-upgrade"
        route = Route(port=free_port(), upstream=upstream, forward_upgrade=forward)
        return proxies.spawn(name, route)

    def _running(
        self, backend: ServerProcess, front: ServerProcess | None, proxy: str | None
    ) -> RunningWorld:
        own = token(USER)
        direct = Endpoint(
            secure=False,
            host=LOOPBACK,
            port=backend.port,
            target=PATH,
            credential=Credential(token=own),
            subprotocols=self.subprotocols,
            origin=self.origin,
        )
        inquiry = Inquiry(
            endpoint=direct.with_(port=front.port) if front else direct,
            bypass=direct if front else None,
            conversation=converse(self.sends, self.expects),
        )
        health = f"http://{inquiry.endpoint.authority}{LIVE}"
        return RunningWorld(self, inquiry, proxy, health, own)


WORLDS = (
    DemoWorld(
        name="incident",
        story="An agent chat accepts every connection and closes it 1011 'Internal error' at once.",
        options=("--fault", "undefined-name"),
        truth_layer="session",
        truth_cause="session.masked-exception",
        also_right=("auth.auth-code-crashes",),
        proxy="installed",
    ),
    DemoWorld(
        name="origin",
        story="The front end moved to a host name that the backend's Origin check does not know.",
        options=("--origin", "https://chat.example.org"),
        truth_layer="auth",
        truth_cause="auth.origin-policy",
        origin="https://app.example.org",
    ),
    DemoWorld(
        name="poison",
        story="Pings are answered, but a question ends the connection without a word.",
        options=("--fault", "crash-on-question"),
        truth_layer="message",
        truth_cause="message.handler-exception",
        sends=(PING, QUESTION),
        expects=("pong", "agent_completed"),
    ),
    DemoWorld(
        name="subprotocol",
        story="Python clients work, browsers close: the offered subprotocol is never confirmed.",
        options=("--fault", "subprotocol-dropped"),
        truth_layer="protocol",
        truth_cause="protocol.subprotocol-not-echoed",
        subprotocols=("hangup.v1",),
    ),
    DemoWorld(
        name="no-upgrade",
        story="A healthy backend stands behind a proxy that was never told to forward upgrades.",
        truth_layer="proxy",
        truth_cause="proxy.upgrade-stripped",
        proxy="no-upgrade",
    ),
    DemoWorld(
        name="late",
        story="A client that speaks at once is never answered; one that waits a moment is.",
        options=("--fault", "listener-late"),
        truth_layer="session",
        truth_cause="session.listener-late",
        expects=("accepted",),  # the asking connection alone hears it
    ),
    DemoWorld(
        name="healthy",
        story="The same agent chat as in the incident, with the clock imported.",
        truth_layer=None,
        truth_cause=None,
        proxy="installed",
    ),
)
"""Every demo, the studied incident first."""
