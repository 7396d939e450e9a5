"""Holds a diagnosis against the truth of its world."""

from __future__ import annotations

from hangup.diagnosis import Diagnosis

from .world import World


def problem(world: World, found: Diagnosis) -> str:
    """Say what is wrong with a diagnosis, empty when nothing is.

    Where several causes look alike from outside, naming one is right as long as the true one is
    named beside it, and so is naming none.
    """
    if world.truth is None:
        return "" if found.verdict == "healthy" else f"a false alarm: {_account(found)}"
    right = (world.truth, *world.also)
    layers = {cause.partition(".")[0] for cause in right}
    named = {found.cause, *(each.cause for each in found.alternatives)}
    if found.verdict == "healthy":
        return "the fault was missed"
    if found.verdict == "inconclusive" and len(layers) == 1:
        return f"nothing was decided: {_account(found)}"
    if found.layer not in layers and found.verdict != "inconclusive":
        return f"the wrong layer: {_account(found)}"
    if found.cause is None and not (world.also or world.undecided):
        return f"no cause: {_account(found)}"
    if found.cause not in (None, *right):
        return f"the wrong cause: {_account(found)}"
    return (
        "" if world.hidden or world.truth in named else f"the truth is not named: {_account(found)}"
    )


def _account(found: Diagnosis) -> str:
    others = [f"{each.cause} {each.confidence:.2f}" for each in found.alternatives]
    return f"{found.verdict} {found.layer} {found.cause} {found.confidence:.2f}, else {others}"
