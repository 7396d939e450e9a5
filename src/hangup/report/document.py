"""The diagnosis document as JSON, and its JSON Schema."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hangup.diagnosis import SCHEMA, Diagnosis
from hangup.report.escape import ELLIPSIS, PARAGRAPH

# Outside strings JSON is ASCII, so what this matches always stands in a string.
_INVISIBLE = re.compile(r"[^\x00-\x7e]")

DESCRIPTIONS = {
    "Diagnosis": {
        "schema": "Name and major version of this document; keys are only ever added.",
        "verdict": "healthy, fault or inconclusive; inconclusive is never rounded up.",
        "layer": "The part of the cause before the dot; null when no layer was established.",
        "cause": "The id of the one cause that is left; null when several are.",
        "confidence": "Posterior of the verdict, from 0 to 1.",
        "summary": "The verdict in one sentence.",
        "alternatives": "Causes that are still alive, the likeliest first.",
        "findings": "What became of each cause that was weighed.",
        "closure": "How the most telling WebSocket ended; null when none ever opened.",
        "incident": "What a server-side vantage caught; absent when none was given or matched.",
        "browser": "The same from a page in a browser; absent without --browser.",
        "experiments": "The experiments that ran, in order.",
        "next_steps": "What to do next, the most useful first.",
        "untested": "Causes of the catalogue that this run could not test, and why.",
        "notes": "What limits this diagnosis: controls that failed, options that were not given.",
        "connections": "Connections opened in all.",
        "elapsed_s": "Duration of the whole run in seconds.",
        "hangup": "The version that wrote this document.",
    },
    "Closure": {
        "origin": "What ended the WebSocket: a frame and whose, FIN, RST, or our deadline.",
        "closed_by": "Who was first.",
        "code": "The close code; 1005: a frame without one; 1006: no frame; null: nobody closed.",
        "after": "What came last before: upgrade, message:N (ours), or idle.",
        "elapsed_ms": "Milliseconds from what `after` names to the first sign of the end.",
        "frames_received": "Frames that came before the end.",
        "messages_sent": "Messages that we had sent before the end.",
        "echoed": "Whether the other side answered the close frame; null without one.",
        "chosen": "Whether our side closed because the conversation was over.",
    },
    "Evidence": {
        "trace": "The id of a recorded trace.",
        "event": "The event's place in that trace, from 0.",
        "says": "What the event says, in words.",
    },
    "Finding": {"missing": "What would decide an undecided finding."},
    "Alternative": {"told_apart_by": "What would tell this cause from the first."},
    "EndpointSeen": {"seen_at": "When it was met (RFC 3339)."},
    "Incident": {
        "frame": "The innermost frame: file:line in function.",
        "chain": "The exceptions that led to it, the first cause last.",
        "phase": "What the server was doing.",
        "id": "Its id in `hangup incidents`.",
        "kind": "How it was caught.",
        "detail": "What no exception names: a path and type in JSON, what blocked.",
        "trace": "The client's connection that it belongs to.",
        "clock_offset_ms": "Milliseconds by which the server's clock is ahead; null: unknown.",
        "clock_uncertain_ms": "How far that may be wrong, either way.",
        "timeline": "What client and server saw of this connection, by the client's clock.",
    },
    "InBrowser": {
        "agent": "The browser's name and version.",
        "origin": "The origin of its page.",
        "trace": "The id of its recorded trace; of two tries the last.",
        "outcome": "What it met, held against the probe's own connection.",
        "because": "The outcome in words, with its reason where that is known.",
        "page": "What the page's script and its console were told.",
        "wire": "What the browser itself sent and received.",
        "server": "What the server's recorder saw of it.",
        "recorded": "Whether the server's recorder was found to have seen it.",
        "limits": "What the browser could not be given, or was told to do otherwise.",
    },
    "Sight": {
        "at_ms": "Milliseconds since the page opened its WebSocket; null: not known.",
        "says": "What was seen, in words.",
    },
    "Moment": {
        "at_ms": "Milliseconds since the client's trace began.",
        "vantage": "Who saw it.",
        "says": "What was seen, in words.",
        "failure": "Whether this is the failure that was caught; absent where it is not.",
    },
}


def diagnosis_json(diagnosis: Diagnosis) -> bytes:
    """Encode a diagnosis as `document_json` does."""
    return document_json(diagnosis)


def document_json(document: msgspec.Struct) -> bytes:
    """Encode a document, indented and with a last line end; every byte of it is ASCII.

    Beyond ASCII all is written as JSON escapes, so that printing it cannot reorder a terminal.
    """
    encoded = msgspec.json.encode(_bounded(msgspec.to_builtins(document)))
    text = msgspec.json.format(encoded, indent=2).decode()
    return _INVISIBLE.sub(_json_escape, text).encode("ascii") + b"\n"


def diagnosis_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document."""
    import inspect  # here: the schema is asked for rarely

    schema = msgspec.json.schema(Diagnosis)
    for kind in schema["$defs"].values():
        if "description" in kind:  # docstrings keep their indentation until Python 3.13
            kind["description"] = inspect.cleandoc(kind["description"])
    for name, fields in DESCRIPTIONS.items():
        for field, description in fields.items():
            schema["$defs"][name]["properties"][field]["description"] = description
    document = schema["$defs"]["Diagnosis"]
    document["properties"]["schema"] = {
        "const": SCHEMA,
        "description": DESCRIPTIONS["Diagnosis"]["schema"],
    }
    document["required"] = ["schema", *document["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": SCHEMA,
        "description": "What `hangup diagnose --json` prints.",
        **schema,
    }


def schema_json() -> bytes:
    """Encode the schema as it stands in the documentation."""
    return msgspec.json.format(msgspec.json.encode(diagnosis_schema()), indent=2) + b"\n"


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


# A lone surrogate (from bytes that are not UTF-8) has no UTF-8 form: it is written as its escape.
def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        text = value if len(value) <= PARAGRAPH else value[: PARAGRAPH - 1] + ELLIPSIS
        return text.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_bounded(key): _bounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_bounded(each) for each in value]
    return value
