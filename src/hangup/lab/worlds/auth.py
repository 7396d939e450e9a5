"""Worlds whose fault lies in who may connect."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

from hangup.lab.parts import served
from hangup.lab.peer import Client, Play, Request, echo, echo_on, routed, scripted, site
from hangup.lab.wire import close
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO, TOKEN
from hangup.lab.worlds.healthy import wants_token as strict
from hangup.lab.worlds.healthy import wants_token_first as strict_first
from hangup.lab.worlds.healthy import wants_token_inside as strict_inside

KEY = b"the key of the worlds"


def jwt(*, good: bool = True, **claims: float | str) -> str:
    """Issue a JSON Web Token (HS256), with a signature that does not fit when it is not good."""
    parts = [_part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())]
    parts.append(_part(json.dumps({"sub": "user", **claims}).encode()))
    key = KEY if good else b"another key"
    parts.append(_part(hmac.digest(key, ".".join(parts).encode(), hashlib.sha256)))
    return ".".join(parts)


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def complaint(token: str | None) -> str:
    """Say what is wrong with a token, empty when nothing is."""
    if not token:
        return "missing token"
    head, _, signature = token.rpartition(".")
    if signature != _part(hmac.digest(KEY, head.encode(), hashlib.sha256)):
        return "invalid token"
    claims = json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    if claims.get("exp", time.time() + 9) < time.time():
        return "token has expired"
    if claims.get("nbf", 0) > time.time():
        return "the token is not yet valid (nbf)"
    return ""


async def checks(client: Client, request: Request) -> None:
    """Refuse with 401 and say why."""
    if wrong := complaint(request.token):
        await client.respond(401, json.dumps({"detail": wrong}))
    else:
        await echo(client, request)


async def checks_inside(client: Client, request: Request) -> None:
    """Refuse with 4401 and say why."""
    await client.upgrade(request)
    if wrong := complaint(request.token):
        await client.close(4401, wrong)
    else:
        await echo_on(client)


async def silent_403(client: Client, request: Request) -> None:
    """Refuse with an empty 403, as ASGI servers do for a close before accept."""
    if complaint(request.token):
        await client.respond(403)
    else:
        await echo(client, request)


async def policy(client: Client, request: Request) -> None:
    """Refuse with 1008 after the upgrade."""
    await client.upgrade(request)
    if complaint(request.token):
        await client.close(1008, "authentication failed")
    else:
        await echo_on(client)


async def in_query(client: Client, request: Request) -> None:
    """Look for the token in the query only."""
    given = parse_qs(urlsplit(request.target).query).get("token", [""])[0]
    if wrong := complaint(given):
        await client.respond(401, json.dumps({"detail": wrong}))
    else:
        await echo(client, request)


async def unverified(client: Client, request: Request) -> None:
    """Look whether there is a token, and believe it."""
    if not request.token:
        await client.respond(401, "missing token")
    else:
        await echo(client, request)


async def crashes_with_any_token(client: Client, request: Request) -> None:
    """Crash while it checks whatever token came, and let nobody know."""
    await client.upgrade(request)
    if not request.token:
        await client.close(4401, "missing token")
    else:
        await client.close(1011, "Internal error")


async def one_of_two(client: Client, request: Request) -> None:
    """Know one user only."""
    if request.token != "second":
        await client.respond(403, "forbidden")
    else:
        await echo(client, request)


async def says_what_jwt_says(client: Client, request: Request) -> None:
    """Close with the words of the library that read the token."""
    await client.upgrade(request)
    if not request.token:
        await client.close(4401, "Not enough segments")
    elif complaint(request.token):
        await client.close(4401, "Signature verification failed")
    else:
        await echo_on(client)


def newer_replaces() -> Play:
    """Keep one connection for a user: a newer one ends the one before."""
    latest: list[Client] = []

    async def play(client: Client, request: Request) -> None:
        if request.token != TOKEN:
            await client.respond(403)
            return
        await client.upgrade(request)
        before, latest[:] = latest[:], [client]
        for each in before:
            with contextlib.suppress(OSError):
                await each.raw(close(4001, b"replaced by a newer session"))
        await echo_on(client)

    return routed(play)


async def starlette_403(client: Client) -> None:
    """Refuse a wrong token as Starlette refuses a wrong path."""
    request = await client.request()
    if not request.upgrades:
        await client.respond(404, '{"detail":"Not Found"}', "Server: uvicorn")
    elif request.path != "/ws" or complaint(request.token):
        await client.respond(403, "", "Server: uvicorn")
    else:
        await echo(client, request)


NOW = time.time()
GOOD = jwt(exp=NOW + 9e6)
ENDED = jwt(exp=NOW - 3600)
EARLY = jwt(exp=NOW + 9e6, nbf=NOW + 86400)
FORGED = jwt(good=False, exp=NOW + 9e6)

WORLDS = (
    World(name="no token, 401", start=site(checks), truth="auth.token-missing-or-bad", **HELLO),
    World(
        name="no token, 4401",
        start=site(checks_inside),
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="a forged token, 401",
        start=site(checks),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="a forged token, 4401",
        start=site(checks_inside),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="a forged token, 1008",
        start=site(policy),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        also=("session.masked-exception",),
        **HELLO,
    ),
    World(
        name="a forged token, 403 without a word",
        start=site(silent_403, elsewhere=404),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        also=("session.close-before-accept", "auth.token-placement"),
        **HELLO,
    ),
    World(
        name="an opaque token that is not known",
        start=site(strict),
        token="unknown",
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="an opaque token that is not known, in-band",
        start=site(strict_inside),
        token="unknown",
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="a first message whose token is not known",
        start=site(strict_first),
        token="unknown",
        token_in="message",
        truth="auth.token-missing-or-bad",
    ),
    World(
        name="a token of a stranger, a second one is known",
        start=site(one_of_two),
        token="first",
        other_token="second",
        truth="auth.token-missing-or-bad",
        also=("session.stale-session-lock",),
        **HELLO,
    ),
    World(
        name="FastAPI refuses a token before accept",
        start=served("uvicorn", "hangup.lab.worlds.apps:routed"),
        path="/denied",
        token=FORGED,
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="tornado wants a token of every request, and refuses this one with 403",
        start=served("tornado", "wants_token"),
        token="unknown",
        other_token=TOKEN,
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="tornado wants a token of every request, and there is none",
        start=served("tornado", "wants_token"),
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(name="expired, 401", start=site(checks), token=ENDED, truth="auth.expired", **HELLO),
    World(
        name="expired, 4401",
        start=site(checks_inside),
        token=ENDED,
        truth="auth.expired",
        **HELLO,
    ),
    World(
        name="expired, 403 without a word",
        start=site(silent_403, elsewhere=404),
        token=ENDED,
        truth="auth.expired",
        **HELLO,
    ),
    World(
        name="not yet valid, 401",
        start=site(checks),
        token=EARLY,
        truth="auth.clock-skew",
        **HELLO,
    ),
    World(
        name="not yet valid, 4401",
        start=site(checks_inside),
        token=EARLY,
        truth="auth.clock-skew",
        **HELLO,
    ),
    World(
        name="the token belongs in the query",
        start=site(in_query),
        token=GOOD,
        truth="auth.token-placement",
        **HELLO,
    ),
    World(
        name="an expired token in the wrong place",
        start=site(in_query),
        token=ENDED,
        truth="auth.expired",
        also=("auth.token-placement",),
        **HELLO,
    ),
    World(
        name="a forged token in the wrong place",
        start=site(in_query),
        token=FORGED,
        truth="auth.token-placement",
        also=("auth.token-missing-or-bad",),
        **HELLO,
    ),
    World(
        name="a refusal that looks like a missing route",
        start=scripted(starlette_403),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        also=("session.route-missing", "session.close-before-accept", "auth.token-placement"),
        **HELLO,
    ),
    World(
        name="a wrong key, in the library's own words",
        start=site(says_what_jwt_says),
        token=FORGED,
        truth="auth.token-missing-or-bad",
        **HELLO,
    ),
    World(
        name="a newer session ends the one before",
        start=scripted(newer_replaces()),
        token=TOKEN,
        truth="session.newer-replaces",
        **HELLO,
    ),
    World(
        name="a cookie of another name is looked for",
        start=scripted(starlette_403),
        token="opaque-and-in-the-wrong-place",
        truth="auth.token-missing-or-bad",
        also=(
            "auth.token-placement",
            "session.route-missing",
            "session.close-before-accept",
            "session.param-validation",
        ),
        **HELLO,
    ),
    World(
        name="a signature that nobody verifies",
        start=site(unverified),
        token=GOOD,
        truth="auth.signature-not-verified",
        **HELLO,
    ),
    World(
        name="no credential is needed",
        start=site(echo),
        token=GOOD,
        truth="auth.not-enforced-on-ws",
        **HELLO,
    ),
    World(
        name="a token that expires is looked at only once",
        start=site(checks),
        token=lambda: jwt(exp=time.time() + 2),
        idle=3.5,
        truth="auth.checked-only-at-connect",
        waits=True,
        **HELLO,
    ),
    World(
        name="authentication crashes for every token",
        start=site(crashes_with_any_token),
        token=GOOD,
        truth="auth.auth-code-crashes",
        also=("session.masked-exception",),
        **HELLO,
    ),
    World(
        name="FastAPI's dependency is for HTTP only",
        start=served("uvicorn", "hangup.lab.worlds.apps:routed"),
        path="/http-only",
        token=GOOD,
        truth="auth.http-only-dependency",
        also=("session.exception-before-accept",),
        **HELLO,
    ),
)
