"""What each arrival plays: the endpoint and the conversation with its own values in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from hangup.conversation import Conversation, Expect, Send, Step
from hangup.endpoint import Endpoint
from hangup.load.order import Load
from hangup.load.people import (
    People,
    Values,
    filled,
    filled_message,
    filled_target,
    secrets_in,
    used_in,
)
from hangup.load.script import Part, part_of


class Cast:
    """Gives each arrival its part; where no name is used all have the same."""

    def __init__(self, load: Load, people: People) -> None:
        self._load, self._people = load, people
        texts = b"\n".join(map(msgspec.json.encode, (load.endpoint, load.conversation)))
        used = set(used_in(texts.decode("utf-8", "replace"))) & set(people.names)
        self._same = None if used else self._part(load.endpoint, load.conversation)

    def __call__(self, number: int) -> Part:
        """Give the part of an arrival, counted from 1."""
        if self._same is not None:
            return self._same
        values = self._people.values(number)
        said = (_step(step, values) for step in self._load.conversation.steps)
        return self._part(_endpoint(self._load.endpoint, values), Conversation(tuple(said)))

    def secrets(self, numbers: Iterable[int]) -> Iterator[str]:
        """Give what must not be shown of some arrivals."""
        for number in numbers:
            yield from secrets_in(self._people.values(number))
            credential = self(number).endpoint.credential
            if credential is not None:
                yield credential.token

    def first(self) -> tuple[Endpoint, Conversation]:
        """Give what the first arrival plays, as the probe knows it."""
        values = self._people.values(1)
        said = tuple(_step(step, values) for step in self._load.conversation.steps)
        return _endpoint(self._load.endpoint, values), Conversation(said)

    def _part(self, endpoint: Endpoint, conversation: Conversation) -> Part:
        return part_of(endpoint, conversation, self._load.patience)


def _endpoint(endpoint: Endpoint, values: Values) -> Endpoint:
    credential = endpoint.credential
    if credential is not None:
        credential = replace(credential, token=filled(credential.token, values))
    return endpoint.with_(
        target=filled_target(endpoint.target, values),
        headers=tuple((name, filled(value, values)) for name, value in endpoint.headers),
        subprotocols=tuple(filled(each, values) for each in endpoint.subprotocols),
        credential=credential,
    )


def _step(step: Step, values: Values) -> Step:
    if isinstance(step, Send) and isinstance(step.data, str):
        return Send(filled_message(step.data, values))
    if isinstance(step, Expect):
        return replace(step, pattern=filled(step.pattern, values, re.escape))
    return step
