"""Writes a reproducer as one command of a POSIX shell: curl, or hangup where curl cannot see."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from hangup.conversation import Expect, Send
from hangup.endpoint import Endpoint
from hangup.inquiry import USUAL_BUDGET, Inquiry, slow_reading
from hangup.report.escape import show
from hangup.report.reproduce.gaps import TOKEN, Env, Template, gapped, gapped_message, joined
from hangup.report.reproduce.order import Order, headers_of, seen, target_of, texts_of, variables

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The Sec-WebSocket-Key of RFC 6455, 1.3: any will do, and this one is known to be no secret."""


def shell_script(order: Order) -> str:
    """Write the script, with comments that say what was seen and what its exit status means."""
    saw = f"# hangup {show(order.diagnosis.hangup, 40)} saw: {show(seen(order), None)}"
    lines = ["#!/bin/sh", saw, *_status(order), _needed(order)]
    if any(isinstance(send.data, bytes) for send in order.inquiry.conversation.sends):
        lines.append("# Its binary messages are left out here; a .py reproducer sends them.")
    lines += [f': "${{{name}:?must hold the credential}}"' for name in variables_of(order)]
    return "\n".join((*lines, command(order), ""))


def variables_of(order: Order) -> tuple[str, ...]:
    """Name the environment variables that the command reads; curl is told the opening only."""
    texts = texts_of(order.inquiry) if order.fails_in == "conversation" else ()
    return variables(order, *(template for _, template in texts))


def _status(order: Order) -> Iterator[str]:
    if order.fails_in == "conversation":
        yield "# Exit status: 0 while it is healthy, 1 while a fault is there, 3 when undecided."


def _needed(order: Order) -> str:
    program = "curl" if order.fails_in == "opening" else "hangup"
    said = {"curl": "install curl", "hangup": "pip install hangup, or activate its environment"}
    # 127 is what a shell gives for a command that it cannot find.
    return (
        f"command -v {program} >/dev/null || "
        f"{{ echo 'This needs {program} on the PATH: {said[program]}.' >&2; exit 127; }}"
    )


def command(order: Order) -> str:
    """Give the command alone, one option a line."""
    words = _curl(order) if order.fails_in == "opening" else diagnose_words(order.inquiry)
    return " \\\n  ".join(words)


def quote_template(template: Template) -> str:
    """Quote text for the shell, its gaps filled by environment variables."""
    return "".join(
        f'"${part.name}"' if isinstance(part, Env) else shlex.quote(part) for part in template
    )


# curl cannot take part in a WebSocket, but it shows an opening handshake as it is.
def _curl(order: Order) -> Iterator[str]:
    endpoint = order.inquiry.endpoint
    yield "curl -i -N --http1.1 --max-time 10"
    yield "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13'"
    yield f"-H 'Sec-WebSocket-Key: {KEY}'"
    for name, value in order.headers:
        yield _header(name, value)
    if endpoint.origin is not None:
        yield _header("Origin", gapped(endpoint.origin, endpoint))
    if order.subprotocols:
        yield _header("Sec-WebSocket-Protocol", _list(order.subprotocols))
    yield from _connection(endpoint)
    scheme = "https" if endpoint.secure else "http"
    yield quote_template(joined((f"{scheme}://", *order.authority, *order.target)))


def diagnose_words(inquiry: Inquiry) -> Iterator[str]:
    """Give the options of `hangup diagnose` that ask the same, quoted for the shell."""
    endpoint = inquiry.endpoint
    scheme = "wss" if endpoint.secure else "ws"
    url = (f"{scheme}://", *gapped(endpoint.authority, endpoint), *target_of(endpoint))
    yield f"hangup diagnose {quote_template(joined(url))}"
    yield from _credential(endpoint)
    for name, value in headers_of(endpoint):
        yield _header(name, value)
    for each in endpoint.subprotocols:
        yield f"--subprotocol {quote_template(gapped(each, endpoint))}"
    if endpoint.origin is not None:
        yield f"--origin {quote_template(gapped(endpoint.origin, endpoint))}"
    yield from _connection(endpoint)
    yield from _conversation(inquiry)
    if inquiry.crowd is not None:
        yield f"--crowd {inquiry.crowd}"
    if inquiry.read_slowly is not None:
        yield f"--read-slowly {inquiry.read_slowly:g}"
        if slow_reading(inquiry.read_slowly) > USUAL_BUDGET:
            yield f"--budget {inquiry.budget:g}"


def _credential(endpoint: Endpoint) -> Iterator[str]:
    credential = endpoint.credential
    if credential is None:
        return
    name = f" --token-name {shlex.quote(credential.name)}" if credential.name else ""
    yield f'--token "${TOKEN}" --token-in {credential.place}{name}'


def _conversation(inquiry: Inquiry) -> Iterator[str]:
    for step in inquiry.conversation.steps:
        if isinstance(step, Send) and isinstance(step.data, str):
            yield f"--send={quote_template(gapped_message(step.data, inquiry.endpoint))}"
        elif isinstance(step, Expect):
            yield f"--expect={quote_template(gapped(step.pattern, inquiry.endpoint))}"
    for option, template in texts_of(inquiry):
        yield f"{option}={quote_template(template) or shlex.quote('')}"


def _connection(endpoint: Endpoint) -> Iterator[str]:
    for host, port, address in endpoint.overrides:
        bracketed = f"[{address}]" if ":" in address else address
        yield f"--resolve {quote_template(gapped(f'{host}:{port}:{bracketed}', endpoint))}"
    tls = endpoint.tls
    for option, file in (("cacert", tls.ca_file), ("cert", tls.cert_file), ("key", tls.key_file)):
        if file:
            yield f"--{option} {shlex.quote(file)}"
    if not tls.verify:
        yield "--insecure"
    if endpoint.family != "any":
        yield "-4" if endpoint.family == "ipv4" else "-6"
    if endpoint.http_proxy:
        host, port, _ = endpoint.http_proxy
        yield f"--proxy {quote_template(gapped(f'http://{host}:{port}', endpoint))}"


def _header(name: str, value: Template) -> str:
    return f"-H {quote_template(joined((f'{name}: ', *value)))}"


def _list(templates: tuple[Template, ...]) -> Template:
    parts: list[str | Env] = []
    for template in templates:
        parts += [", "] if parts else []
        parts += template
    return joined(parts)
