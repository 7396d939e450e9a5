"""What the opening handshake offers: subprotocol, origin, compression, a browser's headers."""

from __future__ import annotations

import asyncio

from hangup.ending import Ending, ending_of
from hangup.event import HANGUP_ID
from hangup.experiments.experiment import Bench, Experiment, answered, one
from hangup.experiments.scripts import honest
from hangup.inquiry import Inquiry
from hangup.probe.opening import Opening

FOREIGN = "https://hangup-foreign.example"
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


async def _subprotocol(bench: Bench) -> None:
    endpoint = bench.inquiry.endpoint
    other = () if endpoint.subprotocols else ("hangup.v1",)
    changed = endpoint.with_(subprotocols=other)
    variant = "not offered" if endpoint.subprotocols else "offered"
    await bench.dial(variant, endpoint=changed, script=honest(bench, changed))


async def _origin(bench: Bench) -> None:
    async def from_origin(variant: str, origin: str | None) -> None:
        endpoint = bench.inquiry.endpoint.with_(origin=origin)
        await bench.dial(variant, endpoint=endpoint, script=honest(bench, endpoint))

    await asyncio.gather(*(from_origin(*each) for each in origins(bench.inquiry)))


def origins(inquiry: Inquiry) -> tuple[tuple[str, str | None], ...]:
    """Give the origins worth trying beside the one of the baseline."""
    endpoint = inquiry.endpoint
    same = f"{'https' if endpoint.secure else 'http'}://{endpoint.authority}"
    matrix = (("absent", None), ("same", same), ("foreign", FOREIGN))
    return tuple((name, origin) for name, origin in matrix if origin != endpoint.origin)


async def _compression(bench: Bench) -> None:
    await bench.dial("off", opening=Opening(compression=False), script=honest(bench))


async def _as_browser(bench: Bench) -> None:
    """Send a browser's headers, and single ones where they make a difference.

    What its Origin does is another experiment's question.
    """
    agent, tokens = ("User-Agent", BROWSER), "keep-alive, Upgrade"
    extra = (
        agent,
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
    )
    all_of_it = Opening(connection=tokens, extra=extra, omit=("traceparent", HANGUP_ID))
    trace = await bench.dial("browser", opening=all_of_it, script=honest(bench))
    base = bench.baseline
    if ending_of(trace).works != (base is None or base.works):
        for name, opening in (
            ("a browser's User-Agent alone", Opening(extra=(agent,))),
            ("a browser's Connection alone", Opening(connection=tokens)),
        ):
            await bench.dial(name, opening=opening, script=honest(bench))


def _fails(inquiry: Inquiry, baseline: Ending | None) -> str | None:
    if baseline and (baseline.works or baseline.kind in ("http-502", "http-504")):
        return "nothing there depends on compression"
    return answered(inquiry, baseline)


EXPERIMENTS = (
    Experiment(
        "subprotocol",
        "Does the offered subprotocol decide?",
        _subprotocol,
        one,
        0.6,
        answered,
    ),
    Experiment(
        "origin",
        "Does the Origin decide?",
        _origin,
        lambda inquiry: len(origins(inquiry)),
        0.6,
        answered,
    ),
    Experiment(
        "no-compression", "Does it work without compression?", _compression, one, 0.6, _fails
    ),
    Experiment("as-browser", "Is a browser treated alike?", _as_browser, one, 0.6, answered),
)
