"""The pages around the causes: the catalogue by layer, by server, and the worlds of the lab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from reference_of_code import markdown_table

from hangup.cause import Cause
from hangup.causes import CAUSES
from hangup.lab.missed import MISSED
from hangup.lab.parts import parts_of
from hangup.lab.world import World
from hangup.lab.worlds import WORLDS
from website.cause_pages import cause_page
from website.words import front_matter, place, sentence

LAYERS: Mapping[str, str] = {
    "dns": "the name and its addresses",
    "tcp": "the connection below",
    "tls": "certificates and encryption",
    "proxy": "what stands between client and application",
    "upgrade": "the HTTP request that becomes a WebSocket",
    "auth": "credentials, Origins and who may enter",
    "session": "the application between accept and close",
    "message": "what one message does",
    "delivery": "what the server sends, to whom, in which order",
    "capacity": "limits and load",
    "keepalive": "timers, pings and silence",
    "protocol": "frames that the protocol forbids",
    "client": "the client itself",
}
"""Each layer of the catalogue, in its order, with what it is about."""
SERVERS: Mapping[str, str] = {
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "daphne": "daphne",
    "granian": "granian",
    "gunicorn": "gunicorn",
    "aiohttp": "aiohttp",
    "tornado": "tornado",
    "websockets": "websockets",
    "socketio": "Socket.IO",
    "node": "Node's ws",
    "nginx": "nginx",
    "haproxy": "HAProxy",
    "caddy": "Caddy",
    "apache": "Apache",
    "varnish": "Varnish",
    "envoy": "Envoy",
    "stunnel": "stunnel",
}
"""Servers and proxies that have a list of their own, as worlds and texts name them."""
IN_FRONT = ("nginx", "haproxy", "caddy", "apache", "varnish", "envoy", "stunnel")
"""Those that stand before an application; behind one, an application is not what is at fault."""


def catalogue_pages() -> dict[str, str]:
    """Give all pages of the catalogue, by name from the root of the site."""
    return {
        "causes/index.md": _joined(_by_layer()),
        "causes/servers.md": _joined(_by_server()),
        **{f"causes/{layer}/index.md": _joined(_layer(layer)) for layer in LAYERS},
        **{f"{place(cause)}.md": cause_page(cause) for cause in CAUSES},
        "lab/index.md": _joined(_lab()),
        **{f"lab/{layer}.md": _joined(_worlds_of(layer)) for layer in (*LAYERS, "healthy")},
    }


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _by_layer() -> Iterator[str]:
    yield from front_matter(
        f"{len(CAUSES)} causes of broken WebSockets, layer by layer, each with what it looks "
        "like, what it is mistaken for, how to make sure, and the fix."
    )
    yield "# Why WebSockets close: the catalogue of causes"
    yield ""
    untested = sum(bool(cause.untestable) for cause in CAUSES)
    yield (
        f"{len(CAUSES)} causes, from the name to the client's own code. All but {untested} of "
        "them are weighed in every diagnosis; the others say why one client cannot test them. "
        "Look [by what you see](../symptoms/index.md), [by server](servers.md), or by layer:"
    )
    yield ""
    for layer, causes in groupby(CAUSES, key=lambda cause: cause.layer):
        yield f"## {layer}: {LAYERS[layer]}"
        yield ""
        yield from map(_entry, causes)
        yield ""
    yield from _toctree(f"{layer}/index" for layer in LAYERS)


def _entry(cause: Cause) -> str:
    return f"- [{cause.means}]({cause.id.replace('.', '/')}.md): {cause.signature}"


def _toctree(names: Iterable[str]) -> Iterator[str]:
    yield from ("```{toctree}", ":hidden:", "", *names, "```")


def _layer(layer: str) -> Iterator[str]:
    causes = [cause for cause in CAUSES if cause.layer == layer]
    yield from front_matter(
        f"WebSocket failures in the layer {layer} ({LAYERS[layer]}): {len(causes)} causes with "
        "their signatures and fixes."
    )
    yield f"# WebSocket failures: {layer}, {LAYERS[layer]}"
    yield ""
    names = [cause.id.partition(".")[2] for cause in causes]
    rows = (
        (f"[{sentence(cause.means)}]({name}.md)", cause.signature, cause.mend)
        for name, cause in zip(names, causes, strict=True)
    )
    yield from markdown_table(("cause", "seen as", "fix"), rows)


def _by_server() -> Iterator[str]:
    yield from front_matter(
        "WebSocket failures by server and proxy: uvicorn, hypercorn, daphne, aiohttp, nginx, "
        "HAProxy, Caddy, Apache, Envoy and others, with causes and fixes."
    )
    yield "# WebSocket failures by server and proxy"
    yield ""
    yield (
        "The causes that a server or proxy was seen with: those of the fault lab's worlds that "
        "run it, and those whose text names it. What each server does on the wire when an "
        "application fails is measured: [the table](../reference/servers.md)."
    )
    yield ""
    for name, words in SERVERS.items():
        causes = causes_of(name)
        yield f"## {words}"
        yield ""
        yield from map(_entry, causes)
        yield ""


def causes_of(server: str) -> list[Cause]:
    """Give the causes that a server was seen with, in the order of the catalogue."""
    ran = {
        world.truth
        for world in WORLDS
        if any(server in part for part in parts_of(world.start))
        and (server in IN_FRONT or _layer_of(world) not in ("dns", "tcp", "tls", "proxy"))
    }
    return [cause for cause in CAUSES if cause.id in ran or _names(cause, SERVERS[server])]


def _names(cause: Cause, server: str) -> bool:
    text = f"{cause.means} {cause.signature} {cause.mend}"
    return re.search(rf"\b{re.escape(server)}\b", text) is not None


def _lab() -> Iterator[str]:
    faulty = sum(world.truth is not None for world in WORLDS)
    yield from front_matter(
        f"The fault lab: {len(WORLDS)} worlds of real servers, proxies and scripted peers with "
        "one known fault each, or none, to see a WebSocket failure on your own machine."
    )
    yield "# The fault lab: see each failure on your own machine"
    yield ""
    yield (
        f"{len(WORLDS)} worlds: {faulty} with one known fault each, and {len(WORLDS) - faulty} "
        "healthy ones. Each is something real that listens, and what its honest user would ask. "
        "One command starts a world, diagnoses it and holds the verdict against the truth:"
    )
    yield ""
    yield from ("```console", "pip install 'hangup[lab]'", 'hangup lab run "masked exception"')
    yield from ("```", "")
    rows = (
        (f"[{layer}]({layer}.md)", str(sum(_layer_of(world) == layer for world in WORLDS)), about)
        for layer, about in (*LAYERS.items(), ("healthy", "nothing is wrong"))
    )
    yield from markdown_table(("layer", "worlds", "about"), rows)
    yield "How often the verdict is right: [the score](../explanation/how-accurate-it-is.md)."


def _layer_of(world: World) -> str:
    return world.truth.partition(".")[0] if world.truth else "healthy"


def _worlds_of(layer: str) -> Iterator[str]:
    worlds = [world for world in WORLDS if _layer_of(world) == layer]
    yield from front_matter(
        f"The fault lab's {len(worlds)} worlds of the layer {layer}.", listed=False
    )
    yield f"# Worlds of the lab: {layer}"
    yield ""
    yield "`hangup lab run NAME` runs one of them."
    yield ""
    if layer == "healthy":
        yield from map(_world, worlds)
        return
    for cause in (cause for cause in CAUSES if cause.layer == layer):
        its = [world for world in worlds if world.truth == cause.id]
        if its:
            yield f"## {cause.id}"
            yield ""
            yield f"[{cause.means}](../{place(cause)}.md)."
            yield ""
            yield from map(_world, its)
            yield ""


def _world(world: World) -> str:
    said = [f"`{world.name}`", ", ".join(dict.fromkeys(parts_of(world.start)))]
    if world.also:
        said.append(f"from outside it could also be {', '.join(world.also)}")
    if world.held_out:
        said.append("held out: nothing was tuned on it")
    if world.name in MISSED:
        said.append(f"not judged rightly: {MISSED[world.name]}")
    return f"- {'; '.join(said)}"
