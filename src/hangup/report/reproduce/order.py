"""What a reproducer must do: the request and the messages, with every secret left open."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from hangup.conversation import Expect, Send, Step, Wait
from hangup.diagnosis import Diagnosis
from hangup.endpoint import Endpoint
from hangup.event import FrameSent, Upgraded
from hangup.inquiry import Inquiry
from hangup.redact import REDACTED, holds_credential, is_secret_parameter
from hangup.report.reproduce.gaps import (
    PREFIX,
    TOKEN,
    Blob,
    Env,
    Template,
    gapped,
    gapped_bytes,
    gapped_message,
    joined,
)
from hangup.report.timeline import telling_trace
from hangup.report.words import closure_sentence, trace_sentence
from hangup.trace import Trace


class Say(Struct, frozen=True):
    """Send one message; `padding` bytes stand for the part of it that was not kept."""

    text: Template
    padding: int = 0
    binary: Blob | None = None


class Hear(Struct, frozen=True):
    """A message that matches a pattern must come; `within` is in seconds."""

    pattern: Template
    within: float | None = None


Act = Say | Hear | Wait


class Order(Struct, frozen=True, kw_only=True):
    """Everything that a reproducer is written from; `hold` is how long it must then stay open."""

    inquiry: Inquiry
    authority: Template
    target: Template
    headers: tuple[tuple[str, Template], ...]
    subprotocols: tuple[Template, ...]
    acts: tuple[Act, ...]
    hold: float
    fails_in: Literal["opening", "conversation"]
    diagnosis: Diagnosis
    trace: Trace | None


def order_of(inquiry: Inquiry, diagnosis: Diagnosis, traces: Sequence[Trace]) -> Order:
    """Take from a diagnosis what shows its fault: the telling connection, done again."""
    endpoint = inquiry.endpoint
    trace = telling_trace(diagnosis, traces)
    opened = diagnosis.closure is not None or (trace and trace.first(Upgraded))
    return Order(
        inquiry=inquiry,
        authority=gapped(endpoint.authority, endpoint),
        target=joined([*target_of(endpoint), *_token_parameter(endpoint)]),
        headers=(*_token_headers(endpoint), *headers_of(endpoint)),
        subprotocols=_subprotocols(endpoint),
        acts=_acts(inquiry, trace),
        hold=_hold(diagnosis),
        fails_in="conversation" if opened else "opening",
        diagnosis=diagnosis,
        trace=trace,
    )


def variables(order: Order, *more: Template) -> tuple[str, ...]:
    """Name the environment variables that the reproducer reads, there and in `more`, each once."""
    said = ((*act.text, *(act.binary or ())) for act in order.acts if isinstance(act, Say))
    heard = (act.pattern for act in order.acts if isinstance(act, Hear))
    values = (value for _, value in order.headers)
    fixed = (order.authority, order.target, *values, *order.subprotocols)
    templates = (*fixed, *said, *heard, *more)
    found = (part.name for each in templates for part in each if isinstance(part, Env))
    return tuple(dict.fromkeys(found))


def target_of(endpoint: Endpoint) -> Template:
    """Give path and query as the user wrote them, secret parameters left open."""
    path, mark, query = endpoint.target.partition("?")
    parts: list[str | Env] = [*gapped(path, endpoint), mark]
    for piece in re.split("([&;])", query):
        name, equals, value = piece.partition("=")
        if value and is_secret_parameter(name):
            parts += [name + equals, Env(_variable(name, endpoint))]
        else:
            parts += gapped(piece, endpoint)
    return joined(parts)


def headers_of(endpoint: Endpoint) -> tuple[tuple[str, Template], ...]:
    """Give the user's own headers, secret ones left open."""
    return tuple((name, _header(name, value, endpoint)) for name, value in endpoint.headers)


def texts_of(inquiry: Inquiry) -> tuple[tuple[str, Template], ...]:
    """Give the options that hold what else is said to find out more, each with its text."""
    given = (("--resume", inquiry.resume), ("--differently", inquiry.differently))
    return tuple(
        (name, gapped_message(text, inquiry.endpoint)) for name, text in given if text is not None
    )


def seen(order: Order) -> str:
    """Say in one sentence what the reproducer is about."""
    if order.diagnosis.closure is not None:
        return closure_sentence(order.diagnosis.closure, order.trace)
    return trace_sentence(order.trace) if order.trace is not None else order.diagnosis.summary


def _header(name: str, value: str, endpoint: Endpoint) -> Template:
    if holds_credential(name, value):
        return (Env(_variable(name, endpoint)),)
    return gapped(value, endpoint)


def _token_parameter(endpoint: Endpoint) -> Template:
    credential = endpoint.credential
    if credential is None or credential.place != "query":
        return ()
    joint = "&" if "?" in endpoint.target else "?"
    return (f"{joint}{quote(credential.name or 'token', safe='')}=", Env(TOKEN))


def _token_headers(endpoint: Endpoint) -> tuple[tuple[str, Template], ...]:
    credential = endpoint.credential
    if credential and credential.place == "header":
        if credential.name:
            return ((credential.name, (Env(TOKEN),)),)
        return (("Authorization", ("Bearer ", Env(TOKEN))),)
    if credential and credential.place == "cookie":
        return (("Cookie", (f"{credential.name or 'token'}=", Env(TOKEN))),)
    return ()


def _subprotocols(endpoint: Endpoint) -> tuple[Template, ...]:
    offered: list[Template] = [gapped(each, endpoint) for each in endpoint.subprotocols]
    credential = endpoint.credential
    if credential and credential.place == "subprotocol":
        offered.append(joined([credential.name or "", Env(TOKEN)]))
    return tuple(offered)


def _variable(name: str, endpoint: Endpoint) -> str:
    own = re.sub(r"[^A-Za-z0-9]", "_", name).upper()
    return f"{PREFIX}{own}" if own != "TOKEN" or endpoint.credential is None else f"{TOKEN}_2"


def _acts(inquiry: Inquiry, trace: Trace | None) -> tuple[Act, ...]:
    if trace is None or trace.experiment == "baseline" or not _messages(trace):
        return (*_in_band(inquiry.endpoint), *_conversation(inquiry))
    return tuple(_again(frame, inquiry.endpoint) for frame in _messages(trace))


def _in_band(endpoint: Endpoint) -> tuple[Say, ...]:
    credential = endpoint.credential
    if credential is None or credential.place != "message":
        return ()
    name = json.dumps(credential.name or "token")
    return (Say((f'{{{name}: "', Env(TOKEN), '"}')),)


def _conversation(inquiry: Inquiry) -> tuple[Act, ...]:
    return tuple(_act(step, inquiry.endpoint) for step in inquiry.conversation.steps)


def _act(step: Step, endpoint: Endpoint) -> Act:
    match step:
        case Send():
            return _say(step.data, endpoint)
        case Expect():
            return Hear(gapped(step.pattern, endpoint), step.within)
        case Wait():
            return step


def _say(data: str | bytes, endpoint: Endpoint) -> Say:
    if isinstance(data, bytes):
        return Say((), binary=gapped_bytes(data, endpoint))
    return Say(gapped_message(data, endpoint))


def _messages(trace: Trace) -> list[FrameSent]:
    return [e for e in trace.all(FrameSent) if e.opcode in ("text", "binary")]


def _again(frame: FrameSent, endpoint: Endpoint) -> Say:
    # The mark of a secret has another length than the secret had.
    padding = 0 if REDACTED.encode() in frame.data else max(frame.size - len(frame.data), 0)
    if frame.opcode == "binary":
        return Say((), padding, gapped_bytes(frame.data, endpoint))
    return Say(gapped(frame.data.decode("utf-8", "ignore"), endpoint), padding)


def _hold(diagnosis: Diagnosis) -> float:
    closure = diagnosis.closure
    if closure is None or closure.origin == "deadline":
        return 2.0
    return max(2.0, round(closure.elapsed_ms / 1000 * 1.2 + 1, 1))
