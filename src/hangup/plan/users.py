"""The users of a plan: each one's credential comes from elsewhere and never stands in the file."""

from __future__ import annotations

import os
import subprocess
import time
import warnings
from pathlib import Path
from typing import get_args

import yaml
from msgspec import Struct

from hangup.document import Fields, Nodes
from hangup.endpoint import Credential, TokenPlace
from hangup.plan.read_tasks import http_url

SOURCES = ("env", "file", "command", "jwt", "oauth")
PATIENCE = 20.0
"""Seconds that a command or a server may take to give a credential."""
KEYS = ("token", "in", "name")
JWT = ("algorithm", "key", "claims", "lifetime")
OAUTH = ("url", "client", "secret", "scope")
_FORM = "a reference such as 'env: NAME'; a plan holds no secrets"


class User(Struct, frozen=True, kw_only=True):
    """Somebody who connects; `lacks` says why the credential could not be had."""

    name: str
    credential: Credential | None = None
    lacks: str = ""
    secrets: tuple[str, ...] = ()


class _LackingError(Exception):
    """A credential could not be had; the text says why."""


def read_users(nodes: Nodes, node: yaml.Node) -> dict[str, User]:
    """Read the users of a plan, and fetch their credentials."""
    users = {}
    for key, value in nodes.pairs(node, "'users'", "a mapping of names to users"):
        name = nodes.text(key, "users")
        users[name] = _user(nodes, name, value)
    return users


def _user(nodes: Nodes, name: str, node: yaml.Node) -> User:
    form = "a mapping such as 'token: {env: NAME}', {} for nobody"
    fields = nodes.mapping(node, KEYS, f"the user {name!r}", form)
    if "token" not in fields:
        for key in fields:
            raise nodes.error(fields[key][0], f"{key!r} needs 'token'")
        return User(name=name)
    place = _place(nodes, fields)
    named = nodes.text(fields["name"][1], "name") if "name" in fields else None
    if place in ("query", "cookie", "message") and named is None:
        raise nodes.error(fields["in"][1], f"a token in the {place} needs 'name'")
    try:
        token, others = _secret(nodes, fields["token"][1], "token")
    except _LackingError as exc:
        return User(name=name, lacks=f"the credential of {name!r} is missing: {exc}")
    credential = Credential(token=token, place=place, name=named)
    return User(name=name, credential=credential, secrets=(token, *others))


def _place(nodes: Nodes, fields: Fields) -> TokenPlace:
    if "in" not in fields:
        return "header"
    text = nodes.text(fields["in"][1], "in")
    place = next((place for place in get_args(TokenPlace) if place == text), None)
    if place is None:
        raise nodes.error(fields["in"][1], f"'in' is one of {', '.join(get_args(TokenPlace))}")
    found: TokenPlace = place
    return found


def _secret(nodes: Nodes, node: yaml.Node, what: str) -> tuple[str, tuple[str, ...]]:
    """Give a secret, and those that it was made of."""
    fields = nodes.mapping(node, SOURCES, f"'{what}'", _FORM)
    if len(fields) != 1:
        raise nodes.error(node, f"'{what}' has exactly one of {', '.join(SOURCES)}")
    ((source, (_, value)),) = fields.items()
    if source == "jwt":
        return _minted(nodes, value)
    if source == "oauth":
        return _granted(nodes, value)
    if source == "command":
        return _ran([nodes.text(each, "command") for each in nodes.items(value, "command")]), ()
    name = nodes.text(value, source)
    return (_from_environment(name) if source == "env" else _from_file(nodes, name)), ()


def _from_environment(name: str) -> str:
    if not os.environ.get(name):
        raise _LackingError(f"the environment has no {name}")
    return os.environ[name]


def _from_file(nodes: Nodes, name: str) -> str:
    path = Path(nodes.source).parent / name
    try:
        text = path.read_text().strip()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise _LackingError(f"{name}: {reason}") from None
    if not text:
        raise _LackingError(f"{name} is empty")
    return text


def _ran(command: list[str]) -> str:
    try:
        ran = subprocess.run(  # noqa: S603 - the command is the user's own
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _LackingError(f"{command[0]} did not end within {PATIENCE:g} s") from None
    except (OSError, ValueError) as exc:
        raise _LackingError(f"{command[0]} cannot be run: {exc}") from None
    if ran.returncode or not ran.stdout.strip():
        raise _LackingError(f"{command[0]} ended with {ran.returncode} and gave nothing to use")
    return ran.stdout.strip()


def _minted(nodes: Nodes, node: yaml.Node) -> tuple[str, tuple[str, ...]]:
    """Sign a JSON Web Token that is valid from now on, or was until a moment ago (RFC 7519)."""
    import jwt  # here: few plans sign tokens

    fields = nodes.mapping(node, JWT, "'jwt'", "a mapping of algorithm, key, claims and lifetime")
    if "key" not in fields:
        raise nodes.error(node, "'jwt' needs 'key'")
    algorithm = "HS256"
    if "algorithm" in fields:
        algorithm = nodes.text(fields["algorithm"][1], "algorithm")
    if algorithm not in jwt.algorithms.get_default_algorithms() or algorithm == "none":
        raise nodes.error(fields["algorithm"][1], f"{algorithm!r} is no algorithm for signing")
    claims = nodes.plain(fields["claims"][1]) if "claims" in fields else {}
    if not isinstance(claims, dict):
        raise nodes.error(fields["claims"][1], "'claims' must be a mapping")
    lifetime = nodes.number(fields["lifetime"][1], "lifetime") if "lifetime" in fields else 300.0
    key, made_of = _secret(nodes, fields["key"][1], "key")
    now = int(time.time())
    issued = {"iat": min(now, now + int(lifetime) - 1), "exp": now + int(lifetime)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a short key of a staging server is its own affair
            token = jwt.encode({**issued, **claims}, key, algorithm=algorithm)
    except Exception as exc:  # noqa: BLE001 - what a key can be wrong in is the library's to know
        raise _LackingError(f"the key signs nothing: {type(exc).__name__}") from None
    return token, (key, *made_of)


def _granted(nodes: Nodes, node: yaml.Node) -> tuple[str, tuple[str, ...]]:
    """Ask an authorization server for a token (RFC 6749, 4.4)."""
    from hangup.plan.asking import UnansweredError  # here: few plans ask for tokens
    from hangup.plan.oauth import granted

    fields = nodes.mapping(node, OAUTH, "'oauth'", "a mapping of url, client, secret and scope")
    for key in OAUTH[:3]:
        if key not in fields:
            raise nodes.error(node, f"'oauth' needs {key!r}")
    url = http_url(nodes, fields["url"][1], "url")
    client = nodes.text(fields["client"][1], "client")
    scope = nodes.text(fields["scope"][1], "scope") if "scope" in fields else None
    secret, made_of = _secret(nodes, fields["secret"][1], "secret")
    try:
        token = granted(url, client, secret, scope, PATIENCE)
    except UnansweredError as exc:
        raise _LackingError(f"the authorization server: {exc}") from None
    return token, (secret, *made_of)
