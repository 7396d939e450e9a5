"""Reads what is done before and after the phases of a plan."""

from __future__ import annotations

import yaml
from msgspec import UNSET

from hangup.address import parse_url
from hangup.document import Fields, Nodes
from hangup.errors import UsageError
from hangup.plan.prepare import sample_of
from hangup.plan.tasks import USUAL_WITHIN, Command, Request, Task

VERBS = ("run", "request")
BESIDE = ("within",)
REQUEST = ("url", "method", "headers", "json", "status", "keep")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def read_tasks(nodes: Nodes, node: yaml.Node, key: str) -> tuple[Task, ...]:
    """Read the tasks of `setup` or `teardown`, whichever `key` names.

    Raises:
        DocumentError: with the place of what is wrong.
    """
    return tuple(_task(nodes, each) for each in nodes.items(node, key))


def _task(nodes: Nodes, node: yaml.Node) -> Task:
    form = "a mapping such as 'run: [command, argument]'"
    fields = nodes.mapping(node, (*VERBS, *BESIDE), "a task", form)
    if len([key for key in fields if key in VERBS]) != 1:
        raise nodes.error(node, f"a task has exactly one of {', '.join(VERBS)}")
    within = (
        nodes.seconds(fields["within"][1], "within", zero=False)
        if "within" in fields
        else USUAL_WITHIN
    )
    if "request" in fields:
        return _request(nodes, fields["request"][1], within)
    words = tuple(nodes.text(each, "run") for each in nodes.items(fields["run"][1], "run"))
    return Command(words, within)


def _request(nodes: Nodes, node: yaml.Node, within: float) -> Request:
    fields = nodes.mapping(node, REQUEST, "'request'", "a mapping with the key 'url'")
    if "url" not in fields:
        raise nodes.error(node, "'request' needs 'url'")
    return Request(
        url=http_url(nodes, fields["url"][1], "url"),
        method=_method(nodes, fields),
        headers=_texts(nodes, fields, "headers", "a mapping of names to texts"),
        json=nodes.plain(fields["json"][1]) if "json" in fields else UNSET,
        status=nodes.whole(fields["status"][1], "status", 200, 599) if "status" in fields else None,
        keep=dict(_texts(nodes, fields, "keep", "a mapping of names to paths")),
        within=within,
    )


def http_url(nodes: Nodes, node: yaml.Node, key: str) -> str:
    """Give a URL of HTTP, in which kept values may stand.

    Raises:
        DocumentError: it is none.
    """
    text = nodes.text(node, key)
    try:
        parse_url(sample_of(text, "http"), f"'{key}'")
    except UsageError as exc:
        raise nodes.error(node, str(exc)) from None
    if not text.lower().startswith(("http://", "https://", "%{")):
        raise nodes.error(node, f"'{key}' begins with http:// or https://")
    return text


def _method(nodes: Nodes, fields: Fields) -> str:
    if "method" not in fields:
        return "POST" if "json" in fields else "GET"
    node = fields["method"][1]
    method = nodes.text(node, "method").upper()
    if method not in METHODS:
        raise nodes.error(node, f"'method' is one of {', '.join(METHODS)}")
    return method


def _texts(nodes: Nodes, fields: Fields, key: str, form: str) -> tuple[tuple[str, str], ...]:
    if key not in fields:
        return ()
    pairs = nodes.pairs(fields[key][1], f"'{key}'", form)
    return tuple((nodes.text(name, key), nodes.text(value, key)) for name, value in pairs)
