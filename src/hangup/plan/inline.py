"""Plans that are built in Python: what makes them pleasant to write, and their run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hangup.address import parse_url
from hangup.endpoint import Credential, Endpoint, TokenPlace
from hangup.errors import UsageError
from hangup.plan.calling import call_of
from hangup.plan.words import Check, Plan

if TYPE_CHECKING:
    from hangup.plan.results import PlanResult

NAMED: tuple[TokenPlace, ...] = ("query", "cookie", "message")
"""Places in which a token needs a name."""


def endpoint(
    url: str,
    *,
    token: str | None = None,
    place: TokenPlace = "header",
    name: str | None = None,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
) -> Endpoint:
    """Give the endpoint of a URL; `token` travels at `place`, under a `name` where it needs one.

    Raises:
        UsageError: the URL is none, or the name is missing.
    """
    if token is not None and place in NAMED and name is None:
        raise UsageError(f"a token in the {place} needs a name")
    address = parse_url(url)
    return Endpoint(
        secure=address.secure,
        host=address.host,
        port=address.port,
        target=address.target,
        headers=(("Authorization", address.authorization),) if address.authorization else (),
        credential=None if token is None else Credential(token=token, place=place, name=name),
        subprotocols=tuple(subprotocols),
        origin=origin,
    )


def run(plan: Plan) -> PlanResult:
    """Run a plan to its end; inside a running event loop follow `run_plan` in place of it.

    Raises:
        UsageError: the plan cannot be run as it is, and nothing was.
    """
    from hangup.plan.results import PlanResult  # here: a plan is built without a loop
    from hangup.plan.running import run_plan
    from hangup.probe import loop

    async def last() -> PlanResult:
        steps = [step async for step in run_plan(plan)]
        assert isinstance(steps[-1], PlanResult)
        return steps[-1]

    return loop.run(last())


def check_plan(plan: Plan) -> None:
    """Refuse a plan that was built in a way in which none can be read.

    Raises:
        UsageError: with the first thing that is wrong.
    """
    seen: set[str] = set()
    for check in plan.checks:
        if check.name in seen:
            raise UsageError(f"a second check is named {check.name!r}")
        if check.control is not None and check.control not in seen:
            raise UsageError(f"no check before {check.name!r} is named {check.control!r}")
        _check_means(check)
        seen.add(check.name)
    for claim in plan.claims:
        for name in (claim.refuted_by, claim.supported_by):
            if name is not None and name not in seen:
                raise UsageError(f"no check is named {name!r}")


def _check_means(check: Check) -> None:
    if check.deadline <= 0 or check.connections < 1:
        raise UsageError(f"{check.name!r}: its deadline and connections are more than 0")
    if check.call is None:
        if not check.endpoint.host:
            raise UsageError(f"{check.name!r} has neither an endpoint nor a call")
        return
    call_of(check.call)
    if check.steps or check.alike or check.holds or check.known or check.connections > 1:
        raise UsageError(f"{check.name!r}: a call dials by itself, and takes no steps or ends")
