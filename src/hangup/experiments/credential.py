"""Does the credential matter: without it, broken, another user's, elsewhere."""

from __future__ import annotations

import asyncio

from hangup.ending import Ending
from hangup.endpoint import Credential, TokenPlace
from hangup.experiments.experiment import Bench, Experiment, answered, one
from hangup.experiments.scripts import honest
from hangup.inquiry import Inquiry

PLACES: tuple[tuple[TokenPlace, str | None], ...] = (
    ("header", None),
    ("query", "token"),
    ("subprotocol", None),
    ("cookie", "token"),
)


async def _none(bench: Bench) -> None:
    await _with(bench, None, "none")


async def _broken(bench: Bench) -> None:
    credential = bench.inquiry.endpoint.credential
    token = break_token(credential.token) if credential else "hangup-invalid-token"
    place = credential or Credential(token=token)
    broken = Credential(token=token, place=place.place, name=place.name)
    await _with(bench, broken, "broken")


async def _other(bench: Bench) -> None:
    await _with(bench, bench.inquiry.endpoint.other_credential, "second user's")


async def _placement(bench: Bench) -> None:
    credential = bench.inquiry.endpoint.credential
    assert credential
    moved = (
        Credential(token=credential.token, place=place, name=name)
        for place, name in PLACES
        if place != credential.place
    )
    await asyncio.gather(*(_with(bench, each, f"in {each.place}") for each in moved))


async def _with(bench: Bench, credential: Credential | None, variant: str) -> None:
    endpoint = bench.inquiry.endpoint.with_(credential=credential)
    await bench.dial(variant, endpoint=endpoint, script=honest(bench, endpoint))


def break_token(token: str) -> str:
    """Change one character in the middle of the last part: a JWT keeps claims, not signature."""
    head, dot, tail = token.rpartition(".")
    middle = len(tail) // 2
    if not tail:
        return f"{token}x"
    other = "A" if tail[middle] != "A" else "B"
    return f"{head}{dot}{tail[:middle]}{other}{tail[middle + 1 :]}"


def _has_token(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    return answered(inquiry, baseline) if inquiry.endpoint.credential else "needs --token"


def _has_other(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.other_credential:
        return "needs --other-token"
    return answered(inquiry, baseline)


def _refused(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.credential:
        return "needs --token"
    refusals = ("http-400", "http-401", "http-403", "closed-1008", "closed-unauthorized")
    if baseline and baseline.kind not in refusals:
        return "nothing refused the credential"
    return None


EXPERIMENTS = (
    Experiment(
        "no-credential", "What changes without the credential?", _none, one, 0.6, _has_token
    ),
    Experiment(
        "broken-credential",
        "What changes with a broken credential?",
        _broken,
        one,
        0.6,
        _has_token,
    ),
    Experiment(
        "other-credential", "Does a second user meet the same?", _other, one, 0.6, _has_other
    ),
    Experiment(
        "placement",
        "Is the credential looked for elsewhere?",
        _placement,
        lambda _: len(PLACES) - 1,
        0.6,
        _refused,
    ),
)
