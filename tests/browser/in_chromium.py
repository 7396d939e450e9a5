"""The same conversation by the probe and from a page in the Chromium of this machine."""

from __future__ import annotations

import asyncio

import msgspec

from hangup.browsed.columns import in_browser
from hangup.browser.program import find_chromium
from hangup.browser.run import browse
from hangup.browser.setting import setting_for
from hangup.conversation import converse as steps_of
from hangup.credentials import secrets_of
from hangup.diagnosis import InBrowser, Sight
from hangup.ending import ending_of
from hangup.endpoint import Endpoint
from hangup.event import TlsEstablished
from hangup.experiments.scripts import QUIET, converse
from hangup.probe.dial import dial
from hangup.probe.opening import Opening
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import Trace

PATIENCE = 20.0
"""Seconds that the browser is given; a healthy one takes two."""


def at(port: int, target: str = "/ws", **fields: object) -> Endpoint:
    """Give an endpoint of this machine."""
    plain = Endpoint(secure=False, host="127.0.0.1", port=port, target=target)
    return plain.with_(**fields)


async def both(
    endpoint: Endpoint, *sends: str, within: float = PATIENCE, quiet: float = QUIET
) -> tuple[Trace, tuple[Trace, ...]]:
    """Give the probe's baseline, and the browser's traces."""
    redactor = Redactor(secrets_of(endpoint))
    script = converse(endpoint, steps_of(sends, ()), quiet=quiet)
    recorder = Recorder(redactor)
    deadline = asyncio.get_running_loop().time() + 10
    await dial(endpoint, Opening(), script, recorder, patience=2.0, deadline=deadline)
    base = recorder.trace(id="t1", experiment="baseline", variant="", url=endpoint.url)
    tls = base.first(TlsEstablished)
    setting = setting_for(endpoint, verified=tls is not None and tls.verified)
    failed = not ending_of(base).works
    tries = await browse(
        find_chromium(),
        setting,
        endpoint,
        script,
        redactor,
        within=within,
        again=lambda seen: seen != failed,
    )
    return base, tries


async def columns(endpoint: Endpoint, *sends: str) -> InBrowser:
    """Give what page, wire and server saw."""
    base, tries = await both(endpoint, *sends)
    seen = in_browser([base, *tries])
    assert seen is not None
    return seen


def columns_of(trace: Trace) -> InBrowser:
    """Give the columns of a browser's trace alone, held against themselves."""
    alike = msgspec.structs.replace(trace, id="t1", experiment="baseline")
    seen = in_browser([alike, trace])
    assert seen is not None
    return seen


def said(column: tuple[Sight, ...]) -> list[str]:
    """Give a column's words."""
    return [sight.says for sight in column]
