"""The ready plan: the critical checks of a chat backend, as a file that a team adapts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from hangup.planning.wish import Wish
from hangup.planning.written import quoted

TEMPLATE = "ready.yaml"
TLS_CHECK = "certificate and TLS"
"""The check that needs TLS, and is a comment for ws://."""
_USER = re.compile(r"(  \w+: \{token: .*\})\}")
_HEAD = "endpoint: "


def template() -> str:
    """Give the file as it is delivered."""
    return (files("hangup.planning") / TEMPLATE).read_text("utf-8")


def ready_plan(wish: Wish) -> str:
    """Give the ready plan for an endpoint; nothing is sent."""
    lines = list(_adapted(template().splitlines(), wish))
    return "\n".join(lines if wish.address.secure else _without_tls(lines)) + "\n"


def _adapted(lines: list[str], wish: Wish) -> Iterator[str]:
    for line in lines:
        if line.startswith("  URL: "):
            yield f"  URL: {quoted(wish.base + wish.address.target)}"
        elif line.startswith("  alice: ") and wish.token_env:
            yield f"  alice: {{token: {{env: {wish.token_env}}}{wish.place}}}"
        elif user := _USER.fullmatch(line):
            yield f"{user[1]}{wish.place}}}"
        else:
            yield line
            if line.startswith(_HEAD):
                yield from _trust(wish)


def _trust(wish: Wish) -> Iterator[str]:
    if wish.cacert:
        yield f"tls: {{cacert: {quoted(wish.cacert)}}}"
    if wish.insecure:
        yield "tls: {verify: false}"


def _without_tls(lines: list[str]) -> Iterator[str]:
    """Make a comment of the check that needs TLS, from its name to the next one's."""
    inside = False
    for line in lines:
        if line.lstrip().startswith("- name: "):
            inside = line.endswith(f": {TLS_CHECK}")
        yield f"      # {line[6:]}" if inside else line
