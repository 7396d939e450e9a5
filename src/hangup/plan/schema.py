"""The JSON Schema of plans, for editors; which keys there are is said by what reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from hangup.endpoint import TokenPlace
from hangup.plan import (
    read,
    read_call,
    read_check,
    read_holds,
    read_steps,
    read_tasks,
    trust,
    users,
)
from hangup.plan.holds import TLS_VERSIONS

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
EXPRESSION: Schema = {"type": "string", "format": "regex"}
YES: Schema = {"type": "boolean"}
ANY: Schema = {}
POSITIVE: Schema = {"type": "number", "exclusiveMinimum": 0}
AT_LEAST_0: Schema = {"type": "number", "minimum": 0}


def schema_json() -> str:
    """Give the schema as text."""
    return json.dumps(plan_schema(), indent=2, ensure_ascii=False)


def plan_schema() -> Schema:
    """Give the schema of a whole plan."""
    return {
        "$schema": DRAFT,
        "title": "A test plan of hangup",
        **_object(read.KEYS, _TOP, required=("phases",)),
        "$defs": {
            "secret": _one_of(users.SOURCES, _SECRET),
            "user": _object(users.KEYS, _USER),
            "phase": _object(read.PHASE, _PHASE, required=("name", "checks")),
            "check": _check(),
            "step": _step(),
            "end": _END,
            "matcher": _MATCHER,
            "task": _one_of(read_tasks.VERBS, _TASK, beside=read_tasks.BESIDE),
            "request": _object(read_tasks.REQUEST, _REQUEST, required=("url",)),
            "holds": {**_object(read_holds.KEYS, _HOLDS), "minProperties": 1},
        },
    }


def _object(
    keys: Iterable[str], shapes: Mapping[str, Schema], required: Iterable[str] = ()
) -> Schema:
    """Give the schema of a mapping that takes these keys and no others."""
    found: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: shapes[key] for key in keys},
    }
    return {**found, "required": list(required)} if required else found


def _one_of(
    verbs: Iterable[str], shapes: Mapping[str, Schema], beside: Iterable[str] = ()
) -> Schema:
    """Give the schema of a mapping that has exactly one of some keys."""
    verbs = tuple(verbs)
    return {
        **_object((*verbs, *beside), shapes),
        "oneOf": [{"required": [verb]} for verb in verbs],
    }


def _check() -> Schema:
    beside_call = [key for key in read_check.KEYS if key not in read_call.WITH]
    return {
        **_object(read_check.KEYS, _CHECK, required=("name",)),
        "dependentSchemas": {"call": {"properties": dict.fromkeys(beside_call, False)}},
    }


def _step() -> Schema:
    """What stands beside a verb needs one of those that take it."""
    takers = {
        key: {"anyOf": [{"required": [verb]} for verb in verbs]}
        for key, verbs in read_steps.WITH.items()
    }
    step = _one_of(read_steps.VERBS, _STEP, beside=read_steps.WITH)
    needs = {"stream": ["until"]}
    return {**step, "dependentSchemas": takers, "dependentRequired": needs}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _choice(values: Iterable[str]) -> Schema:
    """Give the schema of one of some texts, or of a variable that holds one."""
    return {"anyOf": [{"enum": list(values)}, {"type": "string", "pattern": r"\$\{"}]}


_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_VARIABLES = _map(_SCALAR)
_STATUS = _whole(200, 599)
_HEADERS = _map(TEXT)
_KEEP = _map(TEXT)
_TOP: Mapping[str, Schema] = {
    "endpoint": TEXT,
    "tls": _object(trust.KEYS, {"cacert": TEXT, "verify": YES}),
    "asyncapi": TEXT,
    "variables": _VARIABLES,
    "environments": _map(_object(("variables",), {"variables": _VARIABLES})),
    "users": _map(_ref("user")),
    "deadline": POSITIVE,
    "budget": POSITIVE,
    "diagnose": YES,
    "phases": _list(_ref("phase")),
    "claims": _list(
        {
            **_object(read.CLAIM, dict.fromkeys(read.CLAIM, TEXT), required=("claim",)),
            "minProperties": 2,
        }
    ),
    "setup": _list(_ref("task")),
    "teardown": _list(_ref("task")),
    "impact": _list(
        _object(
            ("capability", "amount", "unit", "checks"),
            {
                "capability": TEXT,
                "amount": {"type": "number"},
                "unit": TEXT,
                "checks": _list(TEXT),
            },
            required=("capability", "checks"),
        )
    ),
}
_SECRET: Mapping[str, Schema] = {
    "env": TEXT,
    "file": TEXT,
    "command": _list(TEXT),
    "jwt": _object(
        users.JWT,
        {
            "algorithm": TEXT,
            "key": _ref("secret"),
            "claims": {"type": "object"},
            "lifetime": {"type": "number"},
        },
        required=("key",),
    ),
    "oauth": _object(
        users.OAUTH,
        {"url": TEXT, "client": TEXT, "secret": _ref("secret"), "scope": TEXT},
        required=("url", "client", "secret"),
    ),
}
_USER: Mapping[str, Schema] = {
    "token": _ref("secret"),
    "in": _choice(get_args(TokenPlace)),
    "name": TEXT,
}
_PHASE: Mapping[str, Schema] = {"name": TEXT, "gate": YES, "checks": _list(_ref("check"))}
_KNOWN = _object(read_check.KNOWN, {"why": TEXT, "ends": _ref("end")}, required=read_check.KNOWN)
_CHECK: Mapping[str, Schema] = {
    "name": TEXT,
    "as": TEXT,
    "endpoint": TEXT,
    "origin": TEXT,
    "subprotocols": _list(TEXT),
    "steps": _list(_ref("step")),
    "ends": _ref("end"),
    "deadline": POSITIVE,
    "connections": _whole(1, read_check.MOST_CONNECTIONS),
    "required": YES,
    "known-issue": _KNOWN,
    "control": TEXT,
    "holds": _ref("holds"),
    "alike": TEXT,
    "call": {"type": "string", "pattern": "^[^:]+:[^:]+$"},
    "beside": _list(
        _object(
            ("as", "hears"),
            {"as": TEXT, "hears": {"anyOf": [{"const": "nothing"}, _list(_ref("matcher"))]}},
            required=("as", "hears"),
        )
    ),
}
_STEP: Mapping[str, Schema] = {
    "send": {"type": ["string", "object", "array"]},
    "send-base64": TEXT,
    "expect": _ref("matcher"),
    "events": _list(TEXT),
    "wait": POSITIVE,
    "silence": POSITIVE,
    "stream": _ref("matcher"),
    "rate": _object(
        ("at-least", "at-most", "for", "match"),
        {"at-least": POSITIVE, "at-most": AT_LEAST_0, "for": POSITIVE, "match": _ref("matcher")},
        required=("for",),
    ),
    "reconnect": _object(("after", "abruptly"), {"after": AT_LEAST_0, "abruptly": YES}),
    "within": POSITIVE,
    "field": TEXT,
    "keep": {**_KEEP, "minProperties": 1},
    "until": _ref("matcher"),
    "first": POSITIVE,
    "gap": POSITIVE,
    "at-least": _whole(0, 1_000_000),
    "number": TEXT,
}
_MATCHER: Schema = {
    "anyOf": [
        EXPRESSION,
        {"type": "object", "minProperties": 1},
    ]
}
_END: Schema = {
    "anyOf": [
        _choice(["open"]),
        {
            **_one_of(
                [key for key in read_check.ENDS if key != "reason"],
                {
                    "status": _STATUS,
                    "close": _whole(1000, 4999),
                    "reason": EXPRESSION,
                    "unreachable": _choice(read_check.LAYERS),
                },
                beside=("reason",),
            ),
            "dependentRequired": {"reason": ["close"]},
        },
    ]
}
_TASK: Mapping[str, Schema] = {
    "run": _list(TEXT),
    "request": _ref("request"),
    "within": POSITIVE,
}
_REQUEST: Mapping[str, Schema] = {
    "url": TEXT,
    "method": TEXT,
    "headers": _HEADERS,
    "json": ANY,
    "status": _STATUS,
    "keep": _KEEP,
}
_HOLDS: Mapping[str, Schema] = {
    "certificate-days": AT_LEAST_0,
    "tls": {"enum": [*TLS_VERSIONS, *map(float, TLS_VERSIONS)]},
    "addresses": _whole(1, 1000),
    "header": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"anyOf": [EXPRESSION, {"type": "null"}]},
    },
    "subprotocol": {"type": ["string", "null"]},
    "compression": YES,
    "http": _whole(100, 599),
}
