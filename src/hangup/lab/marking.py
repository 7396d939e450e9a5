"""Holds a diagnosis against the truth of its world."""

from __future__ import annotations

from msgspec import Struct

from hangup.diagnosis import Diagnosis
from hangup.lab.world import World


class Mark(Struct, frozen=True):
    """Whether layer and cause are right, and in words what is not; `claim` is what was claimed.

    A claim is right when what it commits itself to is: a cause, a layer, health. One that commits
    itself to nothing is an abstention, and then `claim` is None.
    """

    layer: bool
    cause: bool
    claim: bool | None
    problem: str = ""


def mark(world: World, found: Diagnosis) -> Mark:
    """Mark one diagnosis."""
    wrong = problem(world, found)
    return Mark(
        layer=not wrong or _layer_right(world, found),
        cause=not wrong,
        claim=_claim_right(world, found),
        problem=wrong,
    )


def problem(world: World, found: Diagnosis) -> str:
    """Say what is wrong with a diagnosis, empty when nothing is.

    Where several causes look alike from outside, naming one is right as long as the true one is
    named beside it, and so is naming none.
    """
    if world.truth is None:
        return "" if found.verdict == "healthy" else f"a false alarm: {account(found)}"
    named = {found.cause, *(each.cause for each in found.alternatives)}
    if found.verdict == "healthy":
        return "the fault was missed"
    if found.verdict == "inconclusive" and len(world.layers) == 1:
        return f"nothing was decided: {account(found)}"
    if found.layer not in world.layers and found.verdict != "inconclusive":
        return f"the wrong layer: {account(found)}"
    if found.cause is None and not (world.also or world.undecided):
        return f"no cause: {account(found)}"
    if found.cause not in (None, *world.right):
        return f"the wrong cause: {account(found)}"
    if world.hidden or world.truth in named:
        return ""
    return f"the truth is not named: {account(found)}"


def account(found: Diagnosis) -> str:
    """Tell in a line what was found and what else was held possible."""
    others = [f"{each.cause} {each.confidence:.2f}" for each in found.alternatives]
    return f"{found.verdict} {found.layer} {found.cause} {found.confidence:.2f}, else {others}"


def _layer_right(world: World, found: Diagnosis) -> bool:
    if world.truth is None:
        return found.verdict == "healthy"
    return found.verdict == "fault" and found.layer in world.layers


def _claim_right(world: World, found: Diagnosis) -> bool | None:
    if found.verdict == "inconclusive":
        return None
    if found.cause is not None:
        return found.cause in world.right
    return _layer_right(world, found)
