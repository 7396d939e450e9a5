"""Tokens for whoever asks, on a developer's own machine and nowhere else."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hangup.address import is_loopback
from hangup.chat.tokens import LONGEST_USER, issue

LIFETIME = 3600.0
LARGEST = 4096


class Asked(Struct, frozen=True):
    """Who somebody wants to be, and for how many seconds."""

    user: str
    lifetime: float = LIFETIME


def development_routes(secret: bytes) -> list[Route]:
    """Give the route that signs tokens with the development secret."""

    async def token(request: Request) -> Response:
        if not _of_this_machine(request):
            return JSONResponse({"error": "only for pages of this machine"}, 403)
        try:
            asked = msgspec.json.decode((await request.body())[:LARGEST], type=Asked)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return JSONResponse({"error": str(error)}, 400)
        if not 0 < len(asked.user) <= LONGEST_USER or not abs(asked.lifetime) <= 86_400:
            return JSONResponse({"error": "user: a name; lifetime: a day at most"}, 400)
        given = issue(secret, asked.user, lifetime=asked.lifetime)
        return JSONResponse({"token": given}, headers={"cache-control": "no-store"})

    return [Route("/development/token", token, methods=["POST"])]


def _of_this_machine(request: Request) -> bool:
    # Another site's page may point its own name at this address, or post here blindly: the first
    # shows in Host, and the second cannot send JSON without asking before.
    named = request.url.hostname or ""
    is_json = request.headers.get("content-type", "").split(";")[0] == "application/json"
    return is_json and is_loopback(named)
