"""The demo's catalogue: each backend with its story, its user's options and its truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from hangup.conversation import converse
from hangup.demo import tokens
from hangup.demo.chat import HEALTH, PATH
from hangup.endpoint import Credential, Endpoint
from hangup.inquiry import Inquiry
from hangup.lab import proxies, servers
from hangup.lab.process import LOOPBACK, ServerProcess, free_port
from hangup.lab.proxy import Route

USER = "demo-user"
QUESTION = '{"type": "user_message", "id": 1, "text": "hello"}'


@dataclass(frozen=True, slots=True)
class RunningWorld:
    """A world that runs: how a client reaches it, and what its honest user would ask."""

    world: DemoWorld
    inquiry: Inquiry
    proxy: str | None
    health_url: str
    token: str | None = field(default=None, repr=False)

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
    """One backend on uvicorn; `truth_cause` is None for a healthy one.

    `also_right` are causes that from outside cannot be told from the true one. `proxy` says what
    stands in front: any real proxy that is installed, one that does not forward upgrades (then a
    plain one of ours when none is installed), or nothing.
    """

    name: str
    story: str
    app: str
    truth_layer: str | None
    truth_cause: str | None
    also_right: tuple[str, ...] = ()
    authenticated: bool = False
    sends: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
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
            backend = servers.spawn("uvicorn", self.app)
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
        token = tokens.issue(USER) if self.authenticated else None
        direct = Endpoint(
            secure=False,
            host=LOOPBACK,
            port=backend.port,
            target=PATH,
            credential=Credential(token=token) if token else None,
            subprotocols=self.subprotocols,
            origin=self.origin,
        )
        inquiry = Inquiry(
            endpoint=direct.with_(port=front.port) if front else direct,
            bypass=direct if front else None,
            conversation=converse(self.sends, self.expects),
        )
        health = f"http://{inquiry.endpoint.authority}{HEALTH}"
        return RunningWorld(self, inquiry, proxy, health, token)


WORLDS = (
    DemoWorld(
        name="incident",
        story="An agent chat accepts every connection and closes it 1011 'Internal error' at once.",
        app="hangup.demo.incident:app",
        truth_layer="session",
        truth_cause="session.masked-exception",
        also_right=("auth.auth-code-crashes",),
        authenticated=True,
        sends=(QUESTION,),
        expects=("agent_completed",),
        proxy="installed",
    ),
    DemoWorld(
        name="origin",
        story="The front end moved to a host name that the backend's Origin check does not know.",
        app="hangup.demo.backends:origin_checked",
        truth_layer="auth",
        truth_cause="auth.origin-policy",
        sends=("hello",),
        expects=("hello",),
        origin="https://app.example.org",
    ),
    DemoWorld(
        name="poison",
        story="Pings are answered, but one kind of question ends the connection without a word.",
        app="hangup.demo.backends:poisoned",
        truth_layer="message",
        truth_cause="message.handler-exception",
        sends=('{"type": "ping"}', '{"type": "question", "text": "why?"}'),
        expects=("pong", "answer"),
    ),
    DemoWorld(
        name="subprotocol",
        story="Python clients work, browsers close: the offered subprotocol is never confirmed.",
        app="hangup.demo.backends:subprotocol_dropped",
        truth_layer="protocol",
        truth_cause="protocol.subprotocol-not-echoed",
        sends=("hello",),
        expects=("hello",),
        subprotocols=("chat.v1",),
    ),
    DemoWorld(
        name="no-upgrade",
        story="A healthy backend stands behind a proxy that was never told to forward upgrades.",
        app="hangup.demo.chat:healthy",
        truth_layer="proxy",
        truth_cause="proxy.upgrade-stripped",
        authenticated=True,
        sends=(QUESTION,),
        expects=("agent_completed",),
        proxy="no-upgrade",
    ),
    DemoWorld(
        name="late",
        story="A client that speaks at once is never answered; one that waits a moment is.",
        app="hangup.demo.backends:late_listener",
        truth_layer="session",
        truth_cause="session.listener-late",
        sends=("hello",),
        expects=("answer",),
    ),
    DemoWorld(
        name="healthy",
        story="The same agent chat as in the incident, with the clock imported.",
        app="hangup.demo.chat:healthy",
        truth_layer=None,
        truth_cause=None,
        authenticated=True,
        sends=(QUESTION,),
        expects=("agent_completed",),
        proxy="installed",
    ),
)
"""Every demo, the studied incident first."""
