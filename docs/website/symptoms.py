"""What people see and search for when a WebSocket fails, and the endings that each may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that is seen: `short` as titles begin, `kinds` its endings, each in words.

    `messages` are what clients print then, `{status}` left in where several share them; `says` is
    what can be known from it, in a sentence or two; `guide` the how-to page about it.
    """

    slug: str
    short: str
    title: str
    kinds: Mapping[str, str]
    says: str
    messages: tuple[str, ...] = ()
    guide: str = ""


def _refused(status: str, name: str, says: str, guide: str = "") -> Symptom:
    return Symptom(
        slug=status,
        short=f"WebSocket {status}",
        title=f"WebSocket upgrade answered with {status} {name}",
        kinds={f"http-{status}": f"the upgrade is answered with {status} {name}"},
        says=says,
        messages=(
            f"server rejected WebSocket connection: HTTP {status}",
            f"Unexpected server response: {status}",
            f"Error during WebSocket handshake: Unexpected response code: {status}",
        ),
        guide=guide,
    )


SYMPTOMS = (
    Symptom(
        slug="1011",
        short="WebSocket 1011",
        title="WebSocket closed with 1011 (internal error)",
        kinds={
            "closed-1011-reason": "closed 1011 with a reason",
            "closed-1011-empty": "closed 1011 without a reason",
        },
        says="The side that closed met a condition that it did not expect (RFC 6455, 7.4.1). It "
        "does not say which side's code failed, nor where: look first at who sent it.",
        messages=("received 1011 (internal error)",),
        guide="howto/closed-1011.md",
    ),
    Symptom(
        slug="keepalive-ping-timeout",
        short="WebSocket keepalive ping timeout",
        title="WebSocket closed with 1011 keepalive ping timeout",
        kinds={
            "closed-keepalive": "the server closes for want of a pong",
            "own-keepalive": "the client's own library closes for want of a pong",
        },
        says="One side pinged and saw no pong in time. Sent by the server it means that the pong "
        "did not come or was not processed; sent by your own library, that the server did not "
        "answer.",
        messages=("sent 1011 (internal error) keepalive ping timeout",),
        guide="howto/closed-1011.md",
    ),
    Symptom(
        slug="1006",
        short="WebSocket 1006",
        title="WebSocket closed with 1006 (abnormal closure), no close frame",
        kinds={
            "fin": "TCP ends without a close frame (FIN; clients say 1006)",
            "rst": "TCP is reset without a close frame (RST; clients say 1006)",
        },
        says="1006 is never sent. The client's library says it when the connection ended without "
        "a close frame, and so it holds no reason: FIN or RST, and when, tell more.",
        messages=("no close frame received or sent",),
        guide="howto/closed-1006.md",
    ),
    Symptom(
        slug="1000",
        short="WebSocket 1000",
        title="WebSocket closed with 1000 (OK) though nothing was done",
        kinds={"closed-1000": "closed 1000"},
        says="A normal end. When it comes before what you waited for, an error may be hidden "
        "behind it.",
        messages=("received 1000 (OK)",),
    ),
    Symptom(
        slug="1001",
        short="WebSocket 1001",
        title="WebSocket closed with 1001 (going away)",
        kinds={"closed-1001": "closed 1001"},
        says="The other side leaves: a server or proxy that stops or reloads, a page that is left.",
        messages=("received 1001 (going away)",),
    ),
    Symptom(
        slug="1002",
        short="WebSocket 1002",
        title="WebSocket closed with 1002 (protocol error)",
        kinds={
            "closed-1002": "closed 1002",
            "own-1002": "the client closes 1002 for an illegal frame",
        },
        says="The side that closed read a frame that the protocol forbids. Who sent the 1002 did "
        "not make the mistake.",
        messages=("RSV1 must be clear",),
    ),
    Symptom(
        slug="1003",
        short="WebSocket 1003",
        title="WebSocket closed with 1003 (unsupported data)",
        kinds={"closed-1003": "closed 1003"},
        says="The server takes only text, or only binary, and got the other.",
    ),
    Symptom(
        slug="1005",
        short="WebSocket 1005",
        title="WebSocket closed with 1005 (no status received)",
        kinds={"closed-1005": "a close frame without a code (clients say 1005)"},
        says="1005 is never sent: the close frame was empty. Granian ends a crashed handler so.",
        messages=("received 1005 (no status received [internal])",),
    ),
    Symptom(
        slug="1007",
        short="WebSocket 1007",
        title="WebSocket closed with 1007 (invalid payload data)",
        kinds={
            "closed-1007": "closed 1007",
            "own-1007": "the client closes 1007 for text that is not UTF-8",
        },
        says="A text message held bytes that are not UTF-8.",
        messages=("invalid UTF-8 sequence",),
    ),
    Symptom(
        slug="1008",
        short="WebSocket 1008",
        title="WebSocket closed with 1008 (policy violation)",
        kinds={"closed-1008": "closed 1008"},
        says="The application refuses by a rule of its own: often a credential, sometimes a rate "
        "or an Origin. The reason, if there is one, says which.",
        messages=("received 1008 (policy violation)",),
    ),
    Symptom(
        slug="1009",
        short="WebSocket 1009",
        title="WebSocket closed with 1009 (message too big)",
        kinds={
            "closed-1009": "closed 1009",
            "own-1009": "the client closes 1009 for a message over its own limit",
        },
        says="The receiver of a message has a limit, and the message is bigger. Who sent the 1009 "
        "has the limit.",
        messages=("received 1009 (message too big)", "Max payload size exceeded"),
    ),
    Symptom(
        slug="1012",
        short="WebSocket 1012",
        title="WebSocket closed with 1012 (service restart)",
        kinds={"closed-1012": "closed 1012"},
        says="The server stops or restarts; uvicorn sends it on SIGTERM.",
        messages=("received 1012 (service restart)",),
    ),
    Symptom(
        slug="1013",
        short="WebSocket 1013",
        title="WebSocket closed with 1013 (try again later)",
        kinds={"closed-1013": "closed 1013"},
        says="The server is overloaded or not ready, and asks to be tried again later.",
        messages=("received 1013 (try again later)",),
    ),
    Symptom(
        slug="4000-4999",
        short="WebSocket 4xxx",
        title="WebSocket closed with an application's own code (4000 to 4999)",
        kinds={
            "closed-unauthorized": "closed with a code that means a refused credential "
            "(3000, 3003, 4001, 4003, 4401, 4403)",
            "closed-application": "closed with another code of the application (3000 to 4999)",
            "closed-other": "closed with a code that no table names",
        },
        says="The application chose the code, and only its documentation says what it means. "
        "4401 and 4403 commonly stand for HTTP's 401 and 403.",
        messages=("received 4401 (private use)",),
    ),
    _refused("400", "Bad Request", "Something of the opening request was not understood."),
    _refused("401", "Unauthorized", "The credential is missing or was not accepted."),
    _refused(
        "403",
        "Forbidden",
        "Not the credential by itself: servers on ASGI turn every close before accept into an "
        "empty 403, an unknown path included.",
        "howto/refused-403.md",
    ),
    _refused(
        "404",
        "Not Found",
        "ASGI applications say 403 for a WebSocket route that is missing. A 404 points at what "
        "answered in the application's place, or at an upgrade that was taken for a plain GET.",
        "howto/refused-404.md",
    ),
    _refused("405", "Method Not Allowed", "The path is there, for plain HTTP of another method."),
    _refused(
        "426",
        "Upgrade Required",
        "The request arrived without its upgrade headers: a hop on the way took them out.",
        "howto/only-behind-the-proxy.md",
    ),
    _refused("429", "Too Many Requests", "A limit of this client's rate or number is reached."),
    _refused("500", "Internal Server Error", "An exception before accept, or a hop's own error."),
    _refused("501", "Not Implemented", "What answered knows no upgrade."),
    _refused(
        "502",
        "Bad Gateway",
        "A proxy could not reach the application, or understood no answer of it.",
        "howto/only-behind-the-proxy.md",
    ),
    _refused(
        "503",
        "Service Unavailable",
        "A proxy has no backend for it, a limit is reached, or the application is not ready.",
        "howto/fails-with-many.md",
    ),
    _refused(
        "504",
        "Gateway Timeout",
        "A proxy reached the application and got no answer in time.",
        "howto/only-behind-the-proxy.md",
    ),
    _refused(
        "505",
        "HTTP Version Not Supported",
        "The upgrade arrived as HTTP/1.0, as older releases of nginx send it by default.",
        "howto/only-behind-the-proxy.md",
    ),
    Symptom(
        slug="other-status",
        short="WebSocket handshake refused",
        title="WebSocket upgrade answered with another status than 101",
        kinds={
            "http-2xx": "the upgrade is answered with a page (200)",
            "http-3xx": "the upgrade is answered with a redirection",
            "http-407": "a forward proxy wants a login (407)",
            "http-4xx": "the upgrade is answered with another 4xx",
            "http-5xx": "the upgrade is answered with another 5xx",
            "no-tunnel": "a forward proxy makes no tunnel",
        },
        says="What answered is often not the application: a front end that serves its page for "
        "every path, a login that redirects, a forward proxy.",
        messages=("Invalid response status",),
    ),
    Symptom(
        slug="invalid-101",
        short="WebSocket handshake invalid",
        title="Error during WebSocket handshake: the 101 is not valid",
        kinds={"bad-101": "a 101 that the protocol does not allow"},
        says="The server switched protocols, and one of the headers of its answer is wrong.",
        messages=(
            "Invalid Sec-WebSocket-Accept header",
            "Server sent no subprotocol",
            "Invalid upgrade header",
            "Invalid challenge response",
        ),
    ),
    Symptom(
        slug="handshake-timeout",
        short="WebSocket handshake timeout",
        title="WebSocket opening handshake times out",
        kinds={"silent-handshake": "the upgrade gets no answer"},
        says="TCP, and TLS if any, are there; nobody answers the request.",
        messages=("timed out during opening handshake", "Opening handshake has timed out"),
    ),
    Symptom(
        slug="closed-before-response",
        short="WebSocket closed before any response",
        title="WebSocket connection ends before any HTTP response",
        kinds={
            "eof-before-response": "TCP ends before any response",
            "reset-before-response": "TCP is reset before any response",
        },
        says="The port is open, and what listens there ends the connection without an HTTP answer.",
        messages=("did not receive a valid HTTP response", "socket hang up"),
    ),
    Symptom(
        slug="not-http",
        short="WebSocket answer is not HTTP",
        title="WebSocket server's answer is not HTTP",
        kinds={
            "not-http": "the answer is no HTTP",
            "broken-response": "the HTTP answer is broken off or malformed",
        },
        says="Something else than a WebSocket server listens there, or TLS and plain text were "
        "mixed up.",
        messages=("did not receive a valid HTTP response",),
    ),
    Symptom(
        slug="tls",
        short="WebSocket TLS error",
        title="wss:// fails in TLS: certificate not verified or handshake failed",
        kinds={
            "tls-untrusted": "the certificate's authority is not trusted",
            "tls-name": "the certificate is for another name",
            "tls-dates": "the certificate is expired or not yet valid",
            "tls-not-tls": "the port does not speak TLS",
            "tls-ended": "the connection ends within the TLS handshake",
            "tls-refused": "the TLS handshake is refused by an alert",
            "tls-client-certificate": "a client certificate is wanted",
            "tls-silent": "the TLS handshake gets no answer",
        },
        says="No WebSocket was begun: the connection fails below it.",
        messages=("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER"),
    ),
    Symptom(
        slug="connection-refused",
        short="WebSocket connection refused",
        title="WebSocket connection refused or host unreachable",
        kinds={
            "tcp-refused": "TCP is refused",
            "tcp-unreachable": "the host or network is unreachable",
        },
        says="Nothing listens there, or a firewall says no; no HTTP was spoken.",
        messages=("ECONNREFUSED", "Connection refused"),
    ),
    Symptom(
        slug="connect-timeout",
        short="WebSocket connect timeout",
        title="WebSocket connection times out before it opens",
        kinds={"tcp-silent": "TCP gets no answer"},
        says="Packets to this host and port get no answer at all.",
        messages=("ETIMEDOUT",),
    ),
    Symptom(
        slug="name-not-resolved",
        short="WebSocket host not found",
        title="WebSocket host name does not resolve",
        kinds={
            "dns-failed": "the name has no address",
            "dns-silent": "the resolver does not answer",
        },
        says="No packet went to any server.",
        messages=("ENOTFOUND", "Name or service not known"),
    ),
    Symptom(
        slug="silence",
        short="WebSocket silent",
        title="WebSocket is open, and no message comes",
        kinds={
            "open-unanswered": "open, and the reply does not come",
            "open-mute": "open, and not even a ping is answered",
        },
        says="Nobody hung up. Whether a ping is answered tells a silent application from a peer "
        "that is gone.",
        guide="howto/events-are-missing.md",
    ),
    Symptom(
        slug="no-error",
        short="WebSocket without an error",
        title="WebSocket stays open, and something is wrong all the same",
        kinds={
            "open": "this connection lives",
            "finished": "the conversation ends as it should",
        },
        says="One connection that is looked at alone is well. What is wrong shows with several, "
        "with time, or in what the messages hold.",
        guide="howto/events-are-missing.md",
    ),
)
"""In the order of the index; each kind of ending is one of one symptom."""

OF_KIND: Mapping[str, Symptom] = {kind: each for each in SYMPTOMS for kind in each.kinds}
"""The symptom of each kind of ending."""
WORDS: Mapping[str, str] = {kind: words for each in SYMPTOMS for kind, words in each.kinds.items()}
"""Each kind of ending, in words."""
