"""The table of all parsers that read foreign bytes."""

from __future__ import annotations

from fuzz.target import Target

TARGETS = (
    Target(
        name="handshake",
        reads="the answer to an opening request, and to a CONNECT",
        most=8192,
        times=100,
    ),
    Target(
        name="frames",
        reads="frames of a server, with and without compression",
        most=8192,
        times=100,
    ),
    Target(
        name="har",
        reads="HAR files of browsers",
        most=16384,
        times=200,
    ),
    Target(
        name="traces",
        reads="traces that --save wrote: judged and told in every report",
        most=16384,
        times=400,
    ),
    Target(
        name="logs",
        reads="logs of servers and proxies, in whatever pieces they come",
        most=32768,
        times=60,
    ),
    Target(
        name="log-lines",
        reads="lines of logs, each of them followed",
        most=16384,
        times=60,
        words=("logs",),
    ),
    Target(
        name="access",
        reads="lines of access logs, each of them counted",
        most=16384,
        times=60,
        words=("logs", "access"),
    ),
    Target(
        name="compressed",
        reads="logs of gzip and zstd",
        most=4096,
        times=5000,
    ),
    Target(
        name="scenario",
        reads="scenario files, and every value of a YAML document",
        most=4096,
        times=1000,
        words=("yaml", "scenario"),
    ),
    Target(
        name="plan",
        reads="plan files",
        most=4096,
        times=1500,
        words=("yaml", "plan"),
    ),
    Target(
        name="asyncapi",
        reads="AsyncAPI documents and the schemas in them",
        most=4096,
        times=4000,
        words=("yaml", "asyncapi"),
    ),
    Target(
        name="stored",
        reads="stores of a recorder, which are files of SQLite",
        most=65536,
        times=100,
    ),
    Target(
        name="lines",
        reads="lines of a recorder in a file of others",
        most=8192,
        times=200,
    ),
    Target(
        name="bridge",
        reads="what a client of the bridge and of the chat says",
        most=2048,
        times=200,
    ),
    Target(
        name="upgrade",
        reads="the request that opens a WebSocket on the bridge's server",
        most=8192,
        times=200,
    ),
    Target(
        name="reader",
        reads="frames of a client on the bridge's server",
        most=8192,
        times=100,
    ),
    Target(
        name="engine",
        reads="what a server sends to a connection of a load",
        most=8192,
        times=200,
    ),
    Target(
        name="address",
        reads="URLs, proxies, origins and places to listen",
        most=1024,
        times=200,
    ),
    Target(
        name="certificate",
        reads="certificates of a TLS peer",
        most=4096,
        times=200,
    ),
    Target(
        name="redaction",
        reads="texts with a secret in them, in any form, and with names of secrets",
        most=16384,
        times=300,
    ),
    Target(
        name="tables",
        reads="people of a load in CSV, and its stages in YAML",
        most=4096,
        times=1000,
        words=("yaml", "tables"),
    ),
    Target(
        name="code",
        reads="server code, as preflight does",
        most=4096,
        times=3000,
    ),
    Target(
        name="model",
        reads="what a language model's server streams, and arithmetic that people type",
        most=4096,
        times=1000,
    ),
    Target(
        name="recorder",
        reads="what a client asks of a recorded server and says to it",
        most=65536,
        times=40,
    ),
    Target(
        name="capture",
        reads="captures of packets, pcap and pcapng, with secrets of TLS in them",
        most=16384,
        times=200,
    ),
    Target(
        name="overheard",
        reads="what client and server say on a captured connection",
        most=8192,
        times=300,
        words=("handshake", "frames"),
    ),
    Target(
        name="document",
        reads="messages of an endpoint as JSON, and their numbers",
        most=8192,
        times=300,
    ),
)


def named(name: str) -> Target:
    """Give a parser by its name.

    Raises:
        KeyError: there is none of that name.
    """
    return {target.name: target for target in TARGETS}[name]
