"""Plays a conversation in a Chromium, once or twice, and gives the traces of it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hangup.browser.devtools import Devtools, DevtoolsError, speaking_to
from hangup.browser.net_log import Heard, read_net_log
from hangup.browser.page import BINDING, PageSession, document
from hangup.browser.process import LEAVE, Running, running
from hangup.browser.setting import Setting
from hangup.browser.wire import PageSide, Retold
from hangup.endpoint import Endpoint
from hangup.event import PageLoaded
from hangup.experiments.scripts import Talk
from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import BROWSER, Trace

WRITING = 0.5
"""Seconds of the time kept back for reading the log and writing the traces."""
MOST_LOG = 128 * 1024 * 1024
"""Bytes of Chromium's log from which a conversation is ended: somebody floods it."""
POLL = 0.1
MOST_TRIES = 2
"""One failure that nobody else meets proves little; two alike do."""

Script = Callable[[Talk], Awaitable[None]]


class BrowserError(Exception):
    """The browser could not be run; its text is a part of a sentence that says why."""


@dataclass(slots=True)
class _Tried:
    session: PageSession
    recorder: Recorder
    began: float
    ended: float = 0.0


@dataclass(slots=True)
class _Tab:
    """What events of the DevTools are told to: the page, and the session that is played on it."""

    redactor: Redactor
    id: str = ""
    devtools: Devtools | None = None
    tried: list[_Tried] = field(default_factory=list)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, loaded: PageLoaded) -> _Tried:
        """Begin a try on the page that was loaded."""
        assert self.devtools
        recorder, began = Recorder(self.redactor), time.time()
        recorder.add(loaded)
        session = PageSession(self.devtools, self.id, recorder, began)
        self.tried.append(_Tried(session, recorder, began))
        return self.tried[-1]

    def told(self, method: str, params: dict[str, Any]) -> None:
        """Take in one event."""
        match method:
            case "Fetch.requestPaused":
                self._serve(params)
            case "Page.loadEventFired":
                self.loaded.set()
            case "Runtime.bindingCalled" if self.tried:
                self.tried[-1].session.take(params["payload"])
            case "Log.entryAdded" if self.tried:
                entry = params["entry"]
                self.tried[-1].session.note(str(entry["text"]), float(entry["timestamp"]))

    def _serve(self, params: dict[str, Any]) -> None:
        """Answer for the origin, so that nobody else is asked."""
        assert self.devtools
        request = params["requestId"]
        if params.get("resourceType") == "Document":
            self.devtools.tell(
                "Fetch.fulfillRequest",
                self.id,
                requestId=request,
                responseCode=200,
                responseHeaders=[{"name": "Content-Type", "value": "text/html; charset=utf-8"}],
                body=base64.b64encode(document()).decode(),
            )
        else:
            self.devtools.tell(
                "Fetch.failRequest", self.id, requestId=request, errorReason="BlockedByClient"
            )


async def browse(
    program: str,
    setting: Setting,
    endpoint: Endpoint,
    script: Script,
    redactor: Redactor,
    *,
    within: float,
    again: Callable[[bool], bool],
) -> tuple[Trace, ...]:
    """Open the endpoint from a page and play the script; `again` is asked whether to do it twice.

    It is told whether the first time failed by what the page saw. All is over `within` seconds,
    and the browser is gone then.

    Raises:
        BrowserError: it did not start, or went away before the page was loaded.
    """
    deadline = asyncio.get_running_loop().time() + within - WRITING
    tab = _Tab(redactor)
    try:
        async with running(program, setting.flags) as process:
            try:
                await _play(process, tab, setting, script, again, deadline - LEAVE)
            except (DevtoolsError, TimeoutError) as exc:
                raise BrowserError(await _why(exc, process)) from None
            heard = await asyncio.to_thread(read_net_log, process.net_log)
    except OSError as exc:
        raise BrowserError(exc.strerror or str(exc)) from None
    return await _traces(tab, heard, setting, endpoint)


async def _play(
    process: Running,
    tab: _Tab,
    setting: Setting,
    script: Script,
    again: Callable[[bool], bool],
    deadline: float,
) -> None:
    async with speaking_to(process, tab.told) as devtools:
        async with asyncio.timeout_at(deadline):
            loaded = await _load(devtools, tab, setting)
        while True:
            tried = tab.begin(loaded)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await _unless_flooded(_converse(tried.session, setting, script), process)
            tried.ended = time.time()
            in_time = asyncio.get_running_loop().time() < deadline
            if len(tab.tried) == MOST_TRIES or not in_time or not again(tried.session.failed):
                break
        devtools.tell("Browser.close")
        await process.wait(LEAVE)


async def _load(devtools: Devtools, tab: _Tab, setting: Setting) -> PageLoaded:
    version = await devtools.ask("Browser.getVersion")
    target = await devtools.ask("Target.createTarget", url="about:blank")
    attached = await devtools.ask(
        "Target.attachToTarget", targetId=target["targetId"], flatten=True
    )
    tab.id, tab.devtools = str(attached["sessionId"]), devtools
    agent = setting.agent or str(version["userAgent"]).replace("Headless", "")
    cookie_url = setting.url.replace("ws", "http", 1)
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Page.enable", {}),
        ("Runtime.enable", {}),
        ("Log.enable", {}),
        ("Runtime.addBinding", {"name": BINDING}),
        ("Fetch.enable", {"patterns": [{"urlPattern": "*"}]}),
        ("Emulation.setUserAgentOverride", {"userAgent": agent}),
        *(
            ("Network.setCookie", {"name": name, "value": value, "url": cookie_url})
            for name, value in setting.cookies
        ),
    )
    for method, params in commands:
        await devtools.ask(method, tab.id, **params)
    gone = await devtools.ask("Page.navigate", tab.id, url=_page_url(setting.origin))
    if "errorText" in gone:
        raise DevtoolsError(f"the page was not loaded: {gone['errorText']}")
    await tab.loaded.wait()
    seen = await devtools.ask(
        "Runtime.evaluate",
        tab.id,
        expression="[self.origin, isSecureContext]",
        returnByValue=True,
    )
    origin, secure = seen["result"]["value"]
    return PageLoaded(
        at=0.0,
        vantage="page",
        agent=str(version["product"]).replace("Headless", "").replace("/", " "),
        origin=str(origin),
        secure_context=bool(secure),
        unsendable=setting.unsendable,
    )


def _page_url(origin: str) -> str:
    """Give a URL whose page has the origin; that of a data: URL is opaque (HTML, 7.1.1)."""
    if origin == "null":
        return f"data:text/html;base64,{base64.b64encode(document()).decode()}"
    return f"{origin}/"


async def _converse(session: PageSession, setting: Setting, script: Script) -> None:
    await session.dial(setting.url, setting.subprotocols)
    if session.opened:
        await script(session)
        await session.close()


async def _unless_flooded(play: Coroutine[Any, Any, None], process: Running) -> None:
    """Play it to its end, or until the log has grown beyond what we are ready to read."""
    playing = asyncio.create_task(play)
    try:
        while not playing.done():
            await asyncio.wait([playing], timeout=POLL)
            if process.logged() > MOST_LOG:
                return
        await playing
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _why(exc: Exception, process: Running) -> str:
    if isinstance(exc, TimeoutError):
        return "Chromium was not ready in time"
    await process.wait(POLL)  # its pipes are closed a moment before it is over
    words = process.last_words() if process.ended() else ""
    return f"{exc}: {words}" if words else str(exc)


async def _traces(
    tab: _Tab, heard: list[Heard], setting: Setting, endpoint: Endpoint
) -> tuple[Trace, ...]:
    traces = []
    left = iter(heard)
    for number, tried in enumerate(tab.tried, start=1):
        session = tried.session
        # What the page's script was refused at once never came to the network stack.
        found = Heard() if session.threw else next(left, Heard())
        page = PageSide(
            session.opened, session.asked_to_close, session.close_event, session.refusal
        )
        retold = Retold(found, endpoint, page, tab.redactor, tried.began, tried.ended)
        seen = tried.recorder.trace(
            id=f"b{number}", experiment=BROWSER, variant="", url=setting.url
        )
        events = sorted((*await retold.events(), *seen.events), key=lambda event: event.at)
        traces.append(msgspec.structs.replace(seen, began=tried.began, events=tuple(events)))
    return tuple(traces)
