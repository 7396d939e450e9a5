"""One HTTP request to a server that may be hostile: bounded in time and size, without redirects."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from msgspec import Struct

from hangup import __version__
from hangup.in_band import without_credentials

MOST_BODY = 1024 * 1024
"""Bytes of an answer; a larger one is refused."""


class UnansweredError(Exception):
    """No answer that could be used came; the text says why, `late` that time ran out."""

    def __init__(self, why: str, *, late: bool = False) -> None:
        super().__init__(why)
        self.late = late


class Answer(Struct, frozen=True):
    """What a server answered."""

    status: int
    reason: str
    body: bytes

    @property
    def words(self) -> str:
        """Say its status, and how its body begins, without what is named like a credential."""
        shown = without_credentials(self.body[:4096])
        text = " ".join(shown.decode("utf-8", "replace").split())
        head = f"{self.status} {self.reason}".strip()
        return f"{head}: {text[:200]}{'…' * (len(text) > 200)}" if text else head


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer: followed, it would take credentials to another host."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Follow nothing."""
        return None


def ask(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, within: float
) -> Answer:
    """Ask, and wait for the answer.

    Raises:
        UnansweredError: it cannot be reached, is no HTTP, says too much or takes too long.
    """
    try:
        return asked(method, url, headers, body, within).result(within)
    except TimeoutError:
        raise late(within) from None


def asked(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, within: float
) -> Future[Answer]:
    """Begin to ask in a thread of its own, which nobody has to wait for.

    A socket's timeout is one of each read, so who wants a deadline stops waiting by himself.
    """
    future: Future[Answer] = Future()
    future.set_running_or_notify_cancel()  # who stops waiting cannot cancel it
    request = Request(  # noqa: S310 - only http and https get as far as here
        url, body, {"User-Agent": f"hangup/{__version__}", **headers}, method=method
    )

    def run() -> None:
        try:
            future.set_result(_answer(request, within))
        except Exception as exc:  # noqa: BLE001 - what went wrong is told to who waits
            future.set_exception(exc)

    threading.Thread(target=run, name="hangup asks", daemon=True).start()
    return future


def late(within: float) -> UnansweredError:
    """Give what is raised when no answer came in time."""
    return UnansweredError(f"no answer within {within:g} s", late=True)


def _answer(request: Request, within: float) -> Answer:
    try:
        with _opener().open(request, timeout=within) as response:
            return _read(response)
    except HTTPError as response:
        with response:
            return _read(response)
    except (OSError, HTTPException, ValueError) as exc:
        cause = exc.reason if isinstance(exc, URLError) else exc
        if isinstance(cause, TimeoutError):
            raise late(within) from None
        why = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        raise UnansweredError(f"no answer: {why[:200]}") from None


def _read(response: Any) -> Answer:
    try:
        body = response.read(MOST_BODY + 1)
    except (OSError, HTTPException, ValueError) as exc:
        raise UnansweredError(f"the answer broke off: {type(exc).__name__}") from None
    if len(body) > MOST_BODY:
        raise UnansweredError("the answer is larger than 1 MiB")
    return Answer(response.status, response.reason or "", body)


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects)
