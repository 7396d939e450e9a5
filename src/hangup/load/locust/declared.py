"""What a user class declares: where to, as whom, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from msgspec import Struct

from hangup.address import parse_url
from hangup.conversation import Conversation, Expect, Send, Step, Wait, converse
from hangup.endpoint import Credential, Endpoint, Tls, TokenPlace
from hangup.errors import UsageError
from hangup.load.allowed import check_allowed
from hangup.load.cast import Cast
from hangup.load.order import Load
from hangup.load.people import People
from hangup.load.users_file import read_users

MOST_MESSAGES = 1_000_000
LONGEST = 7 * 86_400.0


class Declared:
    """The attributes of a user class; times are in seconds.

    A user opens its WebSocket, plays the conversation `messages` times, one every `every` (0: when
    the one before is over), holds the connection for `hold`, closes it, and begins again `again`
    later; with None it does so once. Its end is no reason not to begin again. `{n}` in host,
    `token`, `headers` and messages is the user's number, from 1 over all workers; other names are
    those of `fills` (name to text) and of the columns of the CSV file `people`. A host that is not
    this machine must be repeated in `allow`.
    """

    host: str | None = None
    allow: tuple[str, ...] = ()
    token: str | None = None
    token_in: TokenPlace = "header"  # noqa: S105 - a place
    token_name: str | None = None
    headers: ClassVar[dict[str, str]] = {}
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    cacert: str | None = None
    verify: bool = True
    sends: tuple[str | bytes, ...] = ()
    expects: tuple[str, ...] = ()
    conversation: Conversation | None = None
    message_name: str = "message"
    messages: int = 1
    every: float = 0.0
    hold: float = 0.0
    again: float | None = 1.0
    patience: float = 10.0
    fills: ClassVar[dict[str, str]] = {}
    people: str | None = None


class Text(Struct, frozen=True, tag="text"):
    """A text to send; text and binary are apart, since JSON cannot tell them."""

    data: str


class Binary(Struct, frozen=True, tag="binary"):
    """Bytes to send."""

    data: bytes


class Order(Struct, frozen=True, kw_only=True):
    """What is played, as it is sent to the engine; the fields are those of `Load`."""

    endpoint: Endpoint
    messages: int
    every: float
    hold: float
    patience: float
    steps: tuple[Text | Binary | Expect | Wait, ...]
    templates: dict[str, str]
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    again: float | None
    name: str

    def load(self) -> Load:
        """Give the load, whose arrivals Locust decides."""
        return Load(
            endpoint=self.endpoint,
            conversation=Conversation(tuple(map(_read, self.steps))),
            stages=(),
            connections=0,
            messages=self.messages,
            every=self.every,
            hold=self.hold,
            patience=self.patience,
        )

    def cast(self) -> Cast:
        """Give what says who plays what."""
        return Cast(self.load(), self.people())

    def people(self) -> People:
        """Give who the users are."""
        return People(self.templates, columns=self.columns, rows=self.rows)


def order_of(user: type[Declared]) -> Order:
    """Give what a class declares; its file is read and all is checked.

    Raises:
        UsageError: for the first thing that is wrong, in one sentence that names the class.
    """
    try:
        return _order(user)
    except UsageError as exc:
        raise UsageError(f"{user.__name__}: {exc}") from None


def _order(user: type[Declared]) -> Order:
    columns, rows = read_users(user.people) if user.people else ((), [])
    conversation = user.conversation
    if conversation is None:
        conversation = converse(_texts(user, "sends"), _texts(user, "expects"))
    elif user.sends or user.expects:
        raise UsageError("conversation cannot be combined with sends and expects")
    again = None if user.again is None else _number(user, "again", lambda n: 0 <= n <= LONGEST)
    return Order(
        endpoint=_endpoint(user),
        messages=_number(user, "messages", lambda n: n == int(n) and 1 <= n <= MOST_MESSAGES),
        every=_number(user, "every", lambda n: 0 <= n <= LONGEST),
        hold=_number(user, "hold", lambda n: 0 <= n <= LONGEST),
        patience=_number(user, "patience", lambda n: 0 < n <= LONGEST),
        steps=tuple(map(_written, conversation.steps)),
        templates=dict(user.fills),
        columns=columns,
        rows=rows,
        again=again,
        name=user.message_name,
    )


def _written(step: Step) -> Text | Binary | Expect | Wait:
    if not isinstance(step, Send):
        return step
    return Text(step.data) if isinstance(step.data, str) else Binary(step.data)


def _read(step: Text | Binary | Expect | Wait) -> Step:
    return Send(step.data) if isinstance(step, Text | Binary) else step


def _endpoint(user: type[Declared]) -> Endpoint:
    if not user.host:
        raise UsageError("it has no host: set it in the class, or give --host")
    address = parse_url(user.host, "host")
    headers = list(user.headers.items())
    if address.authorization:
        headers.append(("Authorization", address.authorization))
    credential = None
    if user.token is not None:
        credential = Credential(token=user.token, place=user.token_in, name=user.token_name)
    endpoint = Endpoint(
        secure=address.secure,
        host=address.host,
        port=address.port,
        target=address.target,
        headers=tuple(headers),
        credential=credential,
        subprotocols=tuple(user.subprotocols),
        origin=user.origin,
        tls=Tls(ca_file=user.cacert, verify=user.verify),
    )
    check_allowed(endpoint, user.allow, "allow", 'allow = ("{}",)')
    return endpoint


def _texts(user: type[Declared], name: str) -> tuple[Any, ...]:
    value = getattr(user, name)
    if isinstance(value, str | bytes):
        raise UsageError(f"{name} takes a list of messages, and not one text")
    return tuple(value)


def _number(user: type[Declared], name: str, allowed: Callable[[Any], bool]) -> Any:
    value = getattr(user, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not allowed(value):
        raise UsageError(f"{name} cannot be {value!r}")
    return value
