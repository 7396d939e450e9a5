"""Another message is said in place of the last one, twice, and only where the user gave it."""

from __future__ import annotations

import asyncio

import pytest

from hangup.campaign import investigate
from hangup.conversation import converse
from hangup.endpoint import Endpoint
from hangup.inquiry import Inquiry
from hangup.lab.peer import Client, Request, listening, routed
from hangup.progress import Concluded
from hangup.trace import dump_traces

LOGIN, ASK, SECRET = '{"login": "me"}', "how much?", "pass-of-alice-77"
OTHER = f'{{"ask": "how many?", "password": "{SECRET}"}}'


def concluded(
    differently: str | None, *, answers: bool = True
) -> tuple[Concluded, list[list[str]]]:
    """Diagnose a server that answers all alike, and give what each connection said."""
    said: list[list[str]] = []

    async def play(client: Client, request: Request) -> None:
        await client.upgrade(request)
        ours: list[str] = []
        said.append(ours)
        while (message := await client.receive()) is not None:
            ours.append(str(message))
            if answers:
                await client.send('{"text": "That is a good question, I would say."}')

    async def main() -> Concluded:
        async with listening(routed(play)) as port:
            endpoint = Endpoint(secure=False, host="127.0.0.1", port=port, target="/ws")
            conversation = converse((LOGIN, ASK), ())
            inquiry = Inquiry(
                endpoint=endpoint,
                conversation=conversation,
                differently=differently,
                budget=15.0,
            )
            return [s async for s in investigate(inquiry) if isinstance(s, Concluded)][-1]

    return asyncio.run(main()), said


def test_what_comes_before_the_last_message_is_said_first_and_the_rest_twice() -> None:
    found, said = concluded(OTHER)
    assert [each for each in said if OTHER in each] == [[LOGIN, OTHER]] * 2
    assert found.diagnosis.cause == "delivery.fabricated-events"


def test_a_credential_in_the_other_message_stays_out_of_the_record() -> None:
    found, said = concluded(OTHER)
    assert any(SECRET in text for each in said for text in each)
    payloads = [getattr(e, "data", b"") for t in found.traces for e in t.events]
    assert not any(SECRET.encode() in data for data in payloads)
    assert SECRET.encode() not in dump_traces(found.traces)


@pytest.mark.parametrize(
    ("differently", "answers", "notes"),
    [
        (None, True, []),
        (OTHER, False, ["--differently decided nothing: no reply came"]),
    ],
)
def test_it_is_not_said_without_the_option_or_without_an_answer(
    differently: str | None, answers: bool, notes: list[str]
) -> None:
    found, said = concluded(differently, answers=answers)
    assert not any(OTHER in each for each in said)
    assert [note for note in found.diagnosis.notes if "--differently" in note] == notes
