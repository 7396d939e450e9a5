"""What all causes of one stage predict: where a fault strikes decides what a change can do.

A cause merges its stage's predictions and then says what is its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from hangup.cause import Expect
from hangup.expectations import shares

ALIKE: Expect = {"alike": 0.96}
"""A change leaves the ending as it was."""

STILL: Expect = {"alike": 0.99}
"""The way around the proxy changes nothing: the fault is behind it."""

ANY_SERVER: Mapping[str, float] = {
    "asgi": 0.45,
    "application": 0.2,
    "unknown": 0.12,
    "nginx": 0.1,
    "ws-library": 0.05,
}
"""An application answers, itself or through a proxy that leaves its Server header or not."""

UNMOVED: Mapping[str, Expect] = {
    "no-credential": ALIKE,
    "broken-credential": ALIKE,
    "other-credential": ALIKE,
    "placement": "nowhere",
    "origin": "no-effect",
    "subprotocol": ALIKE,
    "no-compression": ALIKE,
    "as-browser": ALIKE,
    "repeat": {"same": 0.96},
    "reconnect": ALIKE,
}
"""No option of the opening handshake helps, and neither does trying again."""

PAST_LOGIN: Mapping[str, Expect] = {
    "no-credential": {"alike": 0.55, "refused": 0.33, "otherwise": 0.12},
    "broken-credential": {"alike": 0.55, "refused": 0.33, "otherwise": 0.12},
}
"""Who is not let in never comes to what happens behind the check, where there is one."""

UNREACHED: Mapping[str, Expect] = {
    **UNMOVED,
    "random-path": ALIKE,
    "other-slash": ALIKE,
    "plain-get": {"nothing": 0.97},
    "bypass": {"works": 0.6, "alike": 0.3},
}
"""Nothing ever answers: TCP or TLS is not there, whatever is asked over it."""

REFUSED_EVERYWHERE: Mapping[str, Expect] = {
    **UNMOVED,
    "random-path": {"alike": 0.75, "alike-unsaid": 0.17},
    "sibling-path": {"alike": 0.75, "alike-unsaid": 0.2},
    "other-slash": {"alike": 0.95},
    "bogus-upgrade": {"same-answer": 0.7, "different": 0.3},
    "meaning": {"none": 0.95},
    "alone": {"never-works": 0.95, "at-times": 0.03},
}
"""An HTTP answer in place of the 101, by something that does not look at the path."""

REFUSED_HERE: Mapping[str, Expect] = {
    **UNMOVED,
    "random-path": {"refused": 0.45, "otherwise": 0.4, "alike": 0.1, "alike-unsaid": 0.05},
    "sibling-path": {"refused": 0.45, "otherwise": 0.4, "alike": 0.1, "alike-unsaid": 0.05},
    "other-slash": {"refused": 0.45, "otherwise": 0.35, "alike": 0.2},
    "plain-get": {
        "not-found": 0.4,
        "asks-for-upgrade": 0.2,
        "ok": 0.15,
        "same-answer": 0.15,
        "refused": 0.1,
    },
    "bogus-upgrade": {"different": 0.7, "same-answer": 0.3},
    "bypass": STILL,
    "meaning": {"none": 0.95},
    "answerer": ANY_SERVER,
}
"""An HTTP answer in place of the 101, by the application that has this path."""

DIES_EARLY: Mapping[str, Expect] = {
    **UNMOVED,
    "when": {"before-any-message": 0.97},
    "idle": {"dies-alike": 0.95},
    "silent-alone": {"dies": 0.99},
    "ping": {"dies": 0.75, "pong": 0.25},
    "at-once": {"all-alike": 0.96},
    "alone": {"never-works": 0.5, "at-times": 0.48},
    "illegal": "none",
    "random-path": {"refused": 0.55, "otherwise": 0.35, "alike": 0.1},
    "plain-get": {"not-found": 0.45, "asks-for-upgrade": 0.25, "ok": 0.2, "refused": 0.1},
    "bypass": STILL,
    "other-type": ALIKE,
    "delay": "no-effect",
    "pinged": {"same-age": 0.97},
    "talking": {"same-age": 0.97},
}
"""The WebSocket opens and is ended before any message could matter."""

DIES_ON_MESSAGE: Mapping[str, Expect] = {
    **UNMOVED,
    **PAST_LOGIN,
    "when": {"after-message": 0.95},
    "idle": {"lives": 0.97},
    "ping": {"pong": 0.95},
    "at-once": {"all-alike": 0.96},
    "illegal": "none",
    "bypass": STILL,
    "delay": "no-effect",
    "other-type": {"alike": 0.7, "otherwise": 0.3},
    "reason": {"none": 0.7, "constant": 0.3},
    "silent-alone": {"dies": 0.99},
}
"""The WebSocket lives until one message comes."""

DIES_IDLE: Mapping[str, Expect] = {
    **UNMOVED,
    **PAST_LOGIN,
    "when": {"while-idle": 0.8, "before-any-message": 0.1, "after-message": 0.1},
    "idle": {"dies-alike": 0.97},
    "ping": {"pong": 0.95},
    "at-once": {"all-alike": 0.7, "all-work": 0.3},
    "messages": {
        "one-kills": 0.5,
        "all-kill": 0.2,
        "answered-then-ends": 0.03,
        "all-answered": 0.27,
    },
    "other-type": {"alike": 0.7, "works": 0.3},
    "illegal": "none",
    "random-path": {"refused": 0.55, "otherwise": 0.35, "alike": 0.1},
    "delay": {"no-effect": 0.9},
    "deaths": {"by-age": 0.95},
}
"""The WebSocket lives as long as somebody talks."""

MOSTLY_ALIKE: Expect = {"alike": 0.8, "works": 0.2}

HEALS: Mapping[str, Expect] = {
    "no-credential": MOSTLY_ALIKE,
    "broken-credential": MOSTLY_ALIKE,
    "other-credential": MOSTLY_ALIKE,
    "subprotocol": MOSTLY_ALIKE,
    "no-compression": MOSTLY_ALIKE,
    "as-browser": MOSTLY_ALIKE,
    "random-path": {"alike": 0.5, "refused": 0.3, "otherwise": 0.2},
    "idle": {"dies-alike": 0.7, "lives": 0.3},
    "ping": {"dies": 0.7, "pong": 0.3},
    "at-once": {"all-alike": 0.4, "all-work": 0.25, "some-fail": 0.2, "otherwise": 0.15},
    "alone": {"always-works": 0.8, "at-times": 0.1, "never-works": 0.1},
    "repeat": {"same": 0.45, "healed": 0.45, "comes-and-goes": 0.05},
    "reconnect": {
        "works": 0.35,
        "works-later": 0.4,
        "gone": 0.1,
        "otherwise": 0.05,
        "alike": 0.1,
    },
    "illegal": "none",
    "delay": {"no-effect": 0.8},
    "pinged": {"otherwise": 0.65, "keeps": 0.2, "same-age": 0.15},
    "talking": {"otherwise": 0.45, "keeps": 0.35, "same-age": 0.2},
    "deaths": {"together": 0.85, "by-age": 0.15},
}
"""What fails now works some seconds later; no timer counts its age."""

STAYS_MUTE: Mapping[str, Expect] = {
    **UNMOVED,
    **PAST_LOGIN,
    "when": {"while-idle": 0.6, "after-message": 0.3},
    "idle": {"lives": 0.97},
    "ping": {"pong": 0.95},
    "at-once": {"all-alike": 0.96},
    "illegal": "none",
    "bypass": STILL,
    "delay": "no-effect",
    "other-type": ALIKE,
    "closing": {"answered": 0.98},
}
"""The WebSocket lives, answers pings, and gives no reply."""


RESET = 0.1
"""Share of a crash's endings that are resets, because the client was still sending."""
CRASH: Mapping[str, float] = {
    **{kind: (1 - RESET) * share for kind, share in shares("crash-after-accept").items()},
    "rst": RESET,
}
"""How servers end an exception after accept, as measured."""
CRASH_BEFORE: Mapping[str, float] = shares("crash-before-accept")
"""How they answer an exception before accept."""

_PROXIES = ("nginx", "caddy", "haproxy", "apache", "varnish", "envoy", "traefik", "edge")
PROXY_ALONE: Mapping[str, float] = {name: 1 / len(_PROXIES) for name in _PROXIES}
"""A proxy answers by itself, with its own Server header."""

PROXY_OR_BEHIND: Expect = {
    "nginx": 0.45,
    "apache": 0.12,
    "asgi": 0.1,
    "caddy": 0.1,
    "unknown": 0.1,
    "edge": 0.08,
    "application": 0.02,
}
"""A proxy leaves the Server header of what stands behind it, or writes its own."""
BY_ROUTE: Expect = {"alike": 0.78, "otherwise": 0.12, "refused": 0.08}
"""Without its upgrade a request gets what the routes behind the proxy say to a plain one."""
NEEDS_BYPASS = "--bypass (the same application without the proxy)"
