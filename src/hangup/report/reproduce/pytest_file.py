"""Writes a reproducer as a pytest file that needs only pytest and websockets."""

from __future__ import annotations

from hangup.conversation import Wait
from hangup.report.escape import show
from hangup.report.reproduce.gaps import Env, Template, gapped, joined
from hangup.report.reproduce.order import Act, Order, Say, seen, variables

STEP_S = 10.0
"""Deadline of each step of a reproducer, in seconds."""

_PROMISE = "Fails while a fault of a WebSocket endpoint is there, passes once it is mended."
_OF_ONE = "Shows what one connection meets; what only many meet is shown by the .sh form."
_HEALTHY_PROMISE = "Passes as long as a WebSocket endpoint is as healthy as it was found."
_NEEDS = '''

Needs: pip install pytest "websockets>=15"
"""
'''

_FAIL = """
def fail(what: object) -> NoReturn:
    pytest.fail(f"{what}\\nhangup saw: {SEEN}", pytrace=False)
"""

_STEPS = """

def say(websocket: ClientConnection, message: str | bytes) -> None:
    try:
        websocket.send(message)
    except ConnectionClosed as closed:
        fail(f"the connection was closed before this message: {closed}")


def hear(websocket: ClientConnection, pattern: str, within: float = STEP_S) -> None:
    until = time.monotonic() + within
    while True:
        try:
            message = websocket.recv(timeout=max(until - time.monotonic(), 0.001))
        except TimeoutError:
            fail(f"no reply matched {pattern!r} within {within} s")
        except ConnectionClosed as closed:
            fail(f"the connection was closed before a reply matched {pattern!r}: {closed}")
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        if re.search(pattern, text):
            return


def stay_open(websocket: ClientConnection, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            websocket.recv(timeout=left)
        except TimeoutError:
            break
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code in MAY_CLOSE_WITH:
                return False
            fail(f"the connection did not stay open for {seconds} s: {closed}")
    return True


def answer_ping(websocket: ClientConnection) -> None:
    try:
        answered = websocket.ping().wait(STEP_S)
    except ConnectionClosed as closed:
        fail(f"the connection was closed: {closed}")
    if not answered:
        fail(f"a ping was not answered within {STEP_S} s")
"""

_END = """        websocket.close()
    if websocket.close_code != 1000:
        fail(f"our close was not answered: {websocket.close_code} {websocket.close_reason!r}")
"""


def pytest_file(order: Order) -> str:
    """Write the file; every foreign text stands in it as a Python literal or in a comment."""
    talks = order.fails_in == "conversation"
    parts = (
        f'"""{_promise(order)}{_NEEDS}',
        _imports(order, talks),
        _constants(order),
        _FAIL,
        _opener(order),
        _STEPS if talks else "",
        _test(order, talks),
    )
    return "".join(parts)


def _promise(order: Order) -> str:
    if order.diagnosis.verdict == "healthy":
        return _HEALTHY_PROMISE
    closure = order.diagnosis.closure
    well = closure is not None and closure.chosen and closure.code == 1000
    return _OF_ONE if order.inquiry.crowd is not None and well else _PROMISE


def _imports(order: Order, talks: bool) -> str:
    endpoint = order.inquiry.endpoint
    standard = ["import os"] if variables(order) else []
    standard += ["import re"] if talks else []
    standard += ["import socket"] if _pinned(order) else []
    standard += ["import ssl"] if endpoint.secure else []
    standard += ["import time"] if talks else []
    standard.append("from typing import NoReturn")
    standard += ["from urllib.parse import quote"] if _has_gap(order.target) else []
    names = "ConnectionClosed, WebSocketException" if talks else "WebSocketException"
    third = (
        "import pytest",
        f"from websockets.exceptions import {names}",
        "from websockets.sync.client import ClientConnection, connect",
    )
    return "\n".join(("", *standard, "", *third, "", ""))


def _constants(order: Order) -> str:
    diagnosis = order.diagnosis
    about = show(f"{diagnosis.verdict} {diagnosis.cause or diagnosis.layer or ''}".strip(), 100)
    lines = [f"# Written by hangup {show(diagnosis.hangup, 40)}: {about}."]
    lines += [f"# Set {name} before you run it." for name in variables(order)]
    scheme = "wss" if order.inquiry.endpoint.secure else "ws"
    url = (f"{scheme}://", *order.authority, *order.target)
    lines += [f"SEEN = {seen(order)!r}", f"URL = {_expression(joined(url), in_url=True)}"]
    lines += [f"STEP_S = {STEP_S}  # deadline of each step"]
    if order.fails_in == "conversation":
        lines.append(f"MAY_CLOSE_WITH = {_normal(order)}  # the application's own normal close")
    return "\n".join((*lines, "", ""))


# Where the fault itself looks like a normal close, none is let pass.
def _normal(order: Order) -> tuple[int, ...]:
    closure = order.diagnosis.closure
    alike = closure is not None and closure.code == 1000
    return () if alike and order.diagnosis.verdict != "healthy" else (1000,)


def _opener(order: Order) -> str:
    lines = ["", "", "def open_websocket() -> ClientConnection:", "    try:"]
    lines += [f"        {line}" for line in (*_tls(order), *_address(order))]
    lines += ["        return connect(", "            URL,"]
    lines += [f"            {argument}," for argument in _arguments(order)]
    lines += ["        )", "    except (OSError, WebSocketException) as error:"]
    lines += ['        fail(f"no WebSocket opened: {error!r}")', ""]
    return "\n".join(lines)


def _tls(order: Order) -> list[str]:
    endpoint = order.inquiry.endpoint
    if not endpoint.secure:
        return []
    tls = endpoint.tls
    lines = [f"context = ssl.create_default_context(cafile={tls.ca_file!r})"]
    if not tls.verify:
        lines += ["context.check_hostname = False", "context.verify_mode = ssl.CERT_NONE"]
    if tls.cert_file:
        lines.append(f"context.load_cert_chain({tls.cert_file!r}, {tls.key_file!r})")
    return lines


# --resolve and -4/-6 choose the address; websockets takes a socket that is connected already.
def _pinned(order: Order) -> tuple[str, int] | None:
    endpoint = order.inquiry.endpoint
    for host, port, address in endpoint.overrides:
        if (host, port) == (endpoint.host, endpoint.port):
            return address, port
    return (endpoint.host, endpoint.port) if endpoint.family != "any" else None


def _address(order: Order) -> list[str]:
    pinned = _pinned(order)
    if pinned is None:
        return []
    family = {"ipv4": "AF_INET", "ipv6": "AF_INET6"}.get(order.inquiry.endpoint.family, "AF_UNSPEC")
    host, port = pinned
    name = _expression(gapped(host, order.inquiry.endpoint))
    return [
        f"found = socket.getaddrinfo({name}, {port}, socket.{family}, socket.SOCK_STREAM)",
        "sock = socket.create_connection(found[0][4][:2], timeout=STEP_S)",
        "sock.settimeout(None)",
    ]


def _arguments(order: Order) -> list[str]:
    endpoint = order.inquiry.endpoint
    headers = ", ".join(f"({name!r}, {_expression(value)})" for name, value in order.headers)
    arguments = [f"additional_headers=[{headers}]"] if headers else []
    if any(name.lower() == "user-agent" for name, _ in order.headers):
        arguments.append("user_agent_header=None")
    if order.subprotocols:
        offered = ", ".join(map(_expression, order.subprotocols))
        arguments.append(f"subprotocols=[{offered}]")
    arguments += [f"origin={endpoint.origin!r}"] if endpoint.origin is not None else []
    arguments += ["ssl=context"] if endpoint.secure else []
    arguments += ["sock=sock"] if _pinned(order) else []
    proxy = endpoint.http_proxy
    address = f"http://{proxy[0]}:{proxy[1]}" if proxy else None
    # Keepalive off: a close that our own side provokes would hide the one to be shown.
    return [
        *arguments,
        f"proxy={address!r}",
        "ping_interval=None",
        "max_size=None",
        "open_timeout=STEP_S",
        "close_timeout=STEP_S",
    ]


def _test(order: Order, talks: bool) -> str:
    name = "the_websocket_opens_and_works" if talks else "the_websocket_opens"
    lines = ["", "", f"def test_{name}() -> None:", "    with open_websocket() as websocket:"]
    if talks:
        lines += [f"        {_step(act)}" for act in order.acts]
        lines.append(f"        if stay_open(websocket, {order.hold}):")
        lines.append("            answer_ping(websocket)")
    return "\n".join((*lines, _END))


def _step(act: Act) -> str:
    if isinstance(act, Say):
        return f"say(websocket, {_message(act)})"
    if isinstance(act, Wait):
        return f"stay_open(websocket, {act.seconds!r})"
    within = "" if act.within is None else f", {act.within!r}"
    return f"hear(websocket, {_expression(act.pattern)}{within})"


def _message(say: Say) -> str:
    if say.binary is not None:
        binary = " + ".join(map(_bytes_part, say.binary)) or 'b""'
        return f"{binary} + bytes({say.padding})" if say.padding else binary
    text = _expression(say.text)
    return f'{text} + "x" * {say.padding}' if say.padding else text


def _expression(template: Template, in_url: bool = False) -> str:
    return " + ".join(_part(part, in_url) for part in template) or '""'


def _part(part: str | Env, in_url: bool) -> str:
    if isinstance(part, str):
        return repr(part)
    value = f'os.environ["{part.name}"]'
    return f'quote({value}, safe="")' if in_url else value


def _bytes_part(part: bytes | Env) -> str:
    return repr(part) if isinstance(part, bytes) else f'os.environ["{part.name}"].encode()'


def _has_gap(template: Template) -> bool:
    return any(isinstance(part, Env) for part in template)
