"""Worlds that hangup does not judge rightly, or not each time, and why: counted, not asserted."""

from __future__ import annotations

from collections.abc import Mapping

_TWINS = "another cause fits what was seen as well or better"
_HOPS = "nothing that is asked tells which of a proxy's mistakes it is"
_MOMENT = "it depends on when the diagnosis begins"
_UNMODELLED = "no sign reads what would tell it"
_UNTESTABLE = "the catalogue lists its cause as untestable from outside"
_MANY = "it shows after more connections than a diagnosis opens"

MISSED: Mapping[str, str] = {
    "big packets are lost, and nobody says so": _UNMODELLED,
    "HAProxy asks an HTTP/2 server for a WebSocket that it never announced": _UNTESTABLE,
    "daphne gives up a handshake that takes too long": _MOMENT,
    "the client offers the subprotocol undefined": _TWINS,
    "two close frames": _UNTESTABLE,
    "a flood that the server does not read": _UNMODELLED,
    "native code holds the lock, and websockets' threads read no pong": _TWINS,
    "a server works in its receive loop and misses the pongs of its heartbeat": _TWINS,
    "files leak with every connection until none can be accepted": _MANY,
    "the model does not answer, and the close is as after a good answer": _TWINS,
    "each reconnect adds a subscription": _TWINS,
    "a report is summed up every two seconds by code that blocks": _MOMENT,
    "aiohttp is deployed anew every two seconds, and says goodbye": _MOMENT,
    "uvicorn is killed and started again, over and over": _MOMENT,
    "the tunnel of the edge drops all it carries, now and then": _MOMENT,
    "the slash after nginx's upstream takes the path away": _HOPS,
    "Caddy's handle_path takes off what the application routes": _HOPS,
    "nginx asks an authentication service that is down": _HOPS,
    "live updates are switched off, which is said before accept, behind Caddy": _TWINS,
    "one of two workers is deadlocked": _UNMODELLED,
    "nobody wrote a loop, and only the first message is answered": _TWINS,
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
    "a firewall that sees half of a flow lets one frame pass each way": _TWINS,
    "one of two workers hears no broker": _MOMENT,
    "HAProxy lets three in, and one is another user": _MOMENT,
    "HAProxy gives the server two connections and lets the third wait in vain": _MOMENT,
    "HAProxy is patient for 1.5 s, and aiohttp loads a history first": _TWINS,
}
