"""A reconnect is tried as the user's client does it, and only where it can tell something."""

from __future__ import annotations

import asyncio
import json

import pytest

from hangup.campaign import investigate, rejudge
from hangup.conversation import converse
from hangup.diagnosis import Diagnosis
from hangup.endpoint import Credential, Endpoint
from hangup.inquiry import Inquiry
from hangup.lab.peer import listening, routed
from hangup.lab.running import run
from hangup.lab.worlds import WORLDS
from hangup.lab.worlds.events import Heard, counting
from hangup.progress import Concluded
from hangup.trace import dump_traces, load_traces

TOKEN, SECRET = "token-of-alice", "pass-of-alice-77"
RESUME = json.dumps({"resume": "{last}", "password": SECRET}).replace('"{last}"', "{last}")


def concluded(field: str, resume: str | None) -> tuple[Concluded, Heard]:
    """Diagnose such a server, and give what each connection said to it first."""
    heard: Heard = []

    async def ask(port: int) -> Concluded:
        inquiry = Inquiry(
            endpoint=Endpoint(
                secure=False,
                host="127.0.0.1",
                port=port,
                target="/ws",
                credential=Credential(token=TOKEN),
            ),
            conversation=converse(('"start"',), ()),
            resume=resume,
            budget=15.0,
        )
        async for step in investigate(inquiry):
            if isinstance(step, Concluded):
                return step
        raise AssertionError

    async def main() -> Concluded:
        async with listening(routed(counting(field, heard))) as port:
            return await ask(port)

    return asyncio.run(main()), heard


def asked(found: Diagnosis) -> list[str]:
    return [run.outcome for run in found.experiments if run.name == "resume"]


def test_the_text_is_said_with_the_last_number_in_place_of_the_conversation() -> None:
    found, heard = concluded("seq", RESUME)
    resumed = [each for each in heard if "resume" in each[1]]
    (outcome,) = asked(found.diagnosis)
    last = json.loads(resumed[0][1])["resume"]
    assert len(resumed) == 1
    assert resumed[0][0] == TOKEN
    assert outcome.startswith(f"number {last} was the last, then {last + 1} to ")


@pytest.mark.parametrize("name", ["a feed replays nothing", "an agent answers all alike"])
def test_the_saved_record_gives_the_same_verdict(name: str) -> None:
    (world,) = (world for world in WORLDS if world.name == name)
    result = run(world)
    saved = load_traces(dump_traces(result.traces).splitlines(), "saved")
    again = rejudge(tuple(saved))
    assert result.diagnosis
    assert (again.verdict, again.cause) == ("fault", world.truth)
    assert result.diagnosis.cause == world.truth


def test_a_credential_in_the_text_stays_out_of_the_record() -> None:
    found, heard = concluded("seq", RESUME)
    assert any(SECRET in said for _, said in heard)
    assert SECRET.encode() not in dump_traces(found.traces)
    assert all(
        SECRET.encode() not in getattr(e, "data", b"") for t in found.traces for e in t.events
    )


@pytest.mark.parametrize(
    ("field", "resume", "why"),
    [("seq", None, ""), ("count", RESUME, "--resume decided nothing: no numbered messages came")],
)
def test_it_is_not_tried_without_the_option_or_without_numbers(
    field: str, resume: str | None, why: str
) -> None:
    found, heard = concluded(field, resume)
    assert asked(found.diagnosis) == []
    assert not any("resume" in said for _, said in heard)
    assert [note for note in found.diagnosis.notes if "resume" in note] == ([why] if why else [])
