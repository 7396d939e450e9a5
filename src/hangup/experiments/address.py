"""What answers when only the path, the method or the upgrade itself is changed."""

from __future__ import annotations

import os

from hangup.conversation import Conversation
from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.experiments.experiment import Bench, Experiment, answered, one
from hangup.experiments.scripts import converse, honest
from hangup.inquiry import Inquiry
from hangup.probe.opening import Opening


async def _random_path(bench: Bench) -> None:
    random = _elsewhere(bench.inquiry.endpoint)
    await bench.dial("random", endpoint=random, script=converse(random, Conversation()))


def _elsewhere(endpoint: Endpoint) -> Endpoint:
    """Give the endpoint with a path that nobody can know."""
    return endpoint.with_(target=f"/hangup-{os.urandom(6).hex()}")


async def _sibling(bench: Bench) -> None:
    """Go one step on from the path: past a proxy that routes by prefix, and to no route behind."""
    endpoint = bench.inquiry.endpoint
    path = endpoint.target.partition("?")[0]
    beside = endpoint.with_(target=f"{path}-hangup/{os.urandom(6).hex()}")
    await bench.dial("sibling", endpoint=beside, script=converse(beside, Conversation()))


async def _other_slash(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint
    path, mark, query = endpoint.target.partition("?")
    other = path[:-1] if path.endswith("/") else f"{path}/"
    moved = endpoint.with_(target=f"{other}{mark}{query}")
    await bench.dial("slash", endpoint=moved, script=converse(moved, Conversation()))


async def _plain_get(bench: Bench) -> None:
    await bench.dial("GET", opening=Opening(upgrade=False))


async def _bogus_upgrade(bench: Bench) -> None:
    await bench.dial("bogus", opening=Opening(protocol="hangup-bogus"))


async def _bypass(bench: Bench) -> None:
    endpoint = bench.inquiry.bypass
    assert endpoint
    await bench.dial("direct", endpoint=endpoint, script=honest(bench, endpoint, control=True))


async def _bypass_get(bench: Bench) -> None:
    endpoint = bench.inquiry.bypass
    assert endpoint
    await bench.dial("direct GET", endpoint=endpoint, opening=Opening(upgrade=False))


async def _bypass_path(bench: Bench) -> None:
    """Ask the application itself for a path that it cannot know, as a proxy that rewrites would."""
    endpoint = bench.inquiry.bypass
    assert endpoint
    random = _elsewhere(endpoint)
    await bench.dial("direct random", endpoint=random, script=converse(random, Conversation()))


async def _bypass_bare(bench: Bench) -> None:
    """Go to the application itself without the credential, as a proxy that drops it would."""
    endpoint = bench.inquiry.bypass
    assert endpoint
    bare = endpoint.with_(credential=None)
    await bench.dial("direct bare", endpoint=bare, script=honest(bench, bare))


def _reached(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    silent = baseline is not None and baseline.kind == "silent-handshake"
    return None if silent else answered(inquiry, baseline)


def _has_path(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and not baseline.response:
        return "the path was not refused over HTTP"
    if inquiry.endpoint.target.partition("?")[0] == "/":
        return "the path is the root"
    return answered(inquiry, baseline)


def _is_refused(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and not (baseline.response and 400 <= baseline.response.status < 500):
        return "the upgrade was not refused"
    return answered(inquiry, baseline)


def _refused_with_bypass(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and not baseline.response:
        return "the upgrade was not refused"
    return _has_bypass(inquiry, baseline)


def _refused_token_with_bypass(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if not inquiry.endpoint.credential:
        return "needs --token"
    return _refused_with_bypass(inquiry, baseline)


def _has_bypass(inquiry: Inquiry, _: Ending | None) -> str | None:
    return None if inquiry.bypass else "needs --bypass"


EXPERIMENTS = (
    Experiment(
        "random-path",
        "Does a path that cannot exist get another answer?",
        _random_path,
        one,
        0.3,
        _reached,
    ),
    Experiment(
        "sibling-path",
        "Does a wrong path below the same prefix get another answer?",
        _sibling,
        one,
        0.3,
        _has_path,
    ),
    Experiment(
        "other-slash", "Is it only the slash at the end?", _other_slash, one, 0.3, _has_path
    ),
    Experiment(
        "plain-get", "What does the path answer to a plain GET?", _plain_get, one, 0.1, _reached
    ),
    Experiment(
        "bogus-upgrade",
        "Is an unknown protocol refused in the same way?",
        _bogus_upgrade,
        one,
        0.1,
        _is_refused,
    ),
    Experiment("bypass", "Does it work without the proxy?", _bypass, one, 0.6, _has_bypass),
    Experiment(
        "bypass-get",
        "Does the application answer a plain GET as the proxy answered the upgrade?",
        _bypass_get,
        one,
        0.1,
        _refused_with_bypass,
    ),
    Experiment(
        "bypass-path",
        "Does the application refuse an unknown path as the proxy refused yours?",
        _bypass_path,
        one,
        0.3,
        _refused_with_bypass,
    ),
    Experiment(
        "bypass-bare",
        "Does the application refuse a missing credential as the proxy refused yours?",
        _bypass_bare,
        one,
        0.3,
        _refused_token_with_bypass,
    ),
)
