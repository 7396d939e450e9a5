"""Worlds that hangup does not judge rightly, or not each time, and why: counted, not asserted."""

from __future__ import annotations

from collections.abc import Mapping

_TWINS = "another cause fits what was seen as well or better"
_HOPS = "nothing that is asked tells which of a proxy's mistakes it is"
_MOMENT = "it depends on when the diagnosis begins"
_UNMODELLED = "no sign reads what would tell it"
_UNTESTABLE = "the catalogue lists its cause as untestable from outside"
_BESIDE = "alone it is judged rightly; beside other worlds, on a busy machine, not each time"

MISSED: Mapping[str, str] = {
    "big packets are lost, and nobody says so": _UNMODELLED,
    "daphne gives up a handshake that takes too long": _MOMENT,
    "the client offers the subprotocol undefined": _TWINS,
    "tornado wants a token of every request, and there is none": _TWINS,
    "two close frames": _UNTESTABLE,
    "a flood that the server does not read": _UNMODELLED,
    "a server works in its receive loop and misses the pongs of its heartbeat": _TWINS,
    "files leak with every connection until none can be accepted": _TWINS,
    "the model does not answer, and the close is as after a good answer": _TWINS,
    "a report is summed up every two seconds by code that blocks": _MOMENT,
    "native code holds the lock, and websockets' threads read no pong": _MOMENT,
    "the tunnel of the edge drops all it carries, now and then": _MOMENT,
    "the slash after nginx's upstream takes the path away": _HOPS,
    "Caddy's handle_path takes off what the application routes": _HOPS,
    "nginx asks an authentication service that is down": _HOPS,
    "live updates are switched off, which is said before accept, behind Caddy": _TWINS,
    "a client with the same name takes the session over": _TWINS,
    "an id is used twice, and node takes the second for a repetition": _TWINS,
    "Engine.IO's 2 is not answered by 3": _TWINS,
    "aiohttp sends and never reads, and so answers no ping": _TWINS,
    "a firewall loses every flow that is older than 2 s": _UNMODELLED,
    "nginx misses the client's certificate, and says so over HTTP": _HOPS,
    "nginx clears Connection for the sake of its upstream's keepalive": _HOPS,
    "nginx still sends to a port that is another service's by now": _HOPS,
    "Apache gives everything to the front end before it comes to the WebSocket's line": _HOPS,
    "nginx forgets the query where its upstream holds a variable": _HOPS,
    "HAProxy writes paths in lower case, and aiohttp minds": _HOPS,
    "a middleware of Go cannot be taken over, behind nginx": _UNMODELLED,
    "Apache lets in who comes from its page, and nobody without one": _HOPS,
    "HAProxy takes five connections in 10 s, and drops the others unread": _TWINS,
    "HAProxy is patient for 1.5 s, and aiohttp loads a history first": _TWINS,
    "the chat: unserialisable": _TWINS,
    "the chat: late-registration": _UNMODELLED,
    "the chat: sender-dies": _TWINS,
    "the chat: cached-identity": _TWINS,
    "the proxy loses the first bytes": _BESIDE,
    "a proxy reloads once": _BESIDE,
    "one socket for all": _BESIDE,
    "a login is taken, and what follows at once is not heard": _BESIDE,
    "a subscription is acknowledged before it takes effect": _BESIDE,
}
