"""Reads one check of a plan: who connects, what is said and must be heard, how it must end."""

from __future__ import annotations

import json
from collections.abc import Mapping

import yaml

from hangup.address import parse_origin, parse_url
from hangup.document import Fields, Nodes
from hangup.endpoint import Endpoint, Tls
from hangup.errors import UsageError
from hangup.plan.users import User
from hangup.plan.words import (
    Check,
    End,
    Events,
    Found,
    Hear,
    KnownIssue,
    Matcher,
    Pause,
    PlanStep,
    Say,
    Silence,
)

KEYS = (
    "name",
    "as",
    "endpoint",
    "origin",
    "subprotocols",
    "steps",
    "ends",
    "deadline",
    "connections",
    "required",
    "known-issue",
    "control",
)
VERBS = ("send", "send-base64", "expect", "events", "wait", "silence")
BESIDE = {"within": ("expect", "events"), "field": ("events",)}
"""What stands beside a verb, and which verbs take it."""
ENDS = ("status", "close", "reason", "unreachable")
LAYERS = ("dns", "tcp", "tls")
MOST_CONNECTIONS = 200


class CheckReader:
    """Reads the checks of one plan, whose endpoint, users, deadline and trust they share."""

    def __init__(
        self,
        nodes: Nodes,
        endpoint: yaml.Node | None,
        users: Mapping[str, User],
        deadline: float,
        tls: Tls,
    ) -> None:
        self._nodes, self._endpoint, self._users = nodes, endpoint, users
        self._deadline, self._tls = deadline, tls

    def read(self, node: yaml.Node) -> tuple[Check, yaml.Node | None]:
        """Give a check, and the node that names its control."""
        nodes = self._nodes
        fields = nodes.mapping(node, KEYS, "a check", "a mapping with the key 'name'")
        if "name" not in fields:
            raise nodes.error(node, "the check has no 'name'")
        user = self._user(fields)
        control = fields["control"][1] if "control" in fields else None
        check = Check(
            name=nodes.text(fields["name"][1], "name"),
            endpoint=self._reached(node, fields, user),
            user=user.name if user else None,
            steps=self._steps(fields),
            end=self._end(fields["ends"][1]) if "ends" in fields else End(),
            deadline=self._seconds(fields, "deadline", self._deadline),
            connections=self._connections(fields),
            required=nodes.yes(fields["required"][1], "required") if "required" in fields else True,
            known=self._known(fields["known-issue"][1]) if "known-issue" in fields else None,
            control=nodes.text(control, "control") if control else None,
            lacks=user.lacks if user else "",
        )
        return check, control

    def _user(self, fields: Fields) -> User | None:
        if "as" not in fields:
            return None
        node = fields["as"][1]
        name = self._nodes.text(node, "as")
        if name not in self._users:
            known = ", ".join(self._users) or "none"
            raise self._nodes.error(node, f"no user is named {name!r}; there are {known}")
        return self._users[name]

    def _reached(self, check: yaml.Node, fields: Fields, user: User | None) -> Endpoint:
        node = fields["endpoint"][1] if "endpoint" in fields else self._endpoint
        if node is None:
            raise self._nodes.error(check, "neither the check nor the plan names an 'endpoint'")
        try:
            address = parse_url(self._nodes.text(node, "endpoint"), "'endpoint'")
            origin = self._origin(fields)
        except UsageError as exc:
            raise self._nodes.error(node, str(exc)) from None
        headers = (("Authorization", address.authorization),) if address.authorization else ()
        return Endpoint(
            secure=address.secure,
            host=address.host,
            port=address.port,
            target=address.target,
            headers=headers,
            credential=user.credential if user else None,
            subprotocols=self._subprotocols(fields),
            origin=origin,
            tls=self._tls,
        )

    def _origin(self, fields: Fields) -> str | None:
        if "origin" not in fields:
            return None
        return parse_origin(self._nodes.text(fields["origin"][1], "origin"), "'origin'")

    def _subprotocols(self, fields: Fields) -> tuple[str, ...]:
        if "subprotocols" not in fields:
            return ()
        items = self._nodes.items(fields["subprotocols"][1], "subprotocols")
        return tuple(self._nodes.text(item, "subprotocols") for item in items)

    def _connections(self, fields: Fields) -> int:
        if "connections" not in fields:
            return 1
        return self._nodes.whole(fields["connections"][1], "connections", 1, MOST_CONNECTIONS)

    def _seconds(self, fields: Fields, key: str, usual: float) -> float:
        return self._nodes.seconds(fields[key][1], key, zero=False) if key in fields else usual

    def _end(self, node: yaml.Node) -> End:
        nodes = self._nodes
        if isinstance(node, yaml.ScalarNode) and node.value == "open":
            return End()
        form = "'open', or one of 'status: 403', 'close: 1008', 'unreachable: tls'"
        fields = nodes.mapping(node, ENDS, "'ends'", form)
        if len(fields.keys() - {"reason"}) != 1 or ("reason" in fields and "close" not in fields):
            raise nodes.error(node, f"'ends' is exactly one thing: {form}; 'reason' needs 'close'")
        if "unreachable" in fields:
            return self._unreachable(fields["unreachable"][1])
        if "status" in fields:
            return End(status=nodes.whole(fields["status"][1], "status", 200, 599))
        reason = (
            self._nodes.expression(fields["reason"][1], "reason") if "reason" in fields else None
        )
        return End(code=nodes.whole(fields["close"][1], "close", 1000, 4999), reason=reason)

    def _unreachable(self, node: yaml.Node) -> End:
        text = self._nodes.text(node, "unreachable")
        for layer in LAYERS:
            if text == layer:
                return End(unreachable=layer)  # type: ignore[arg-type] # one of three literals
        raise self._nodes.error(node, f"'unreachable' is one of {', '.join(LAYERS)}")

    def _known(self, node: yaml.Node) -> KnownIssue:
        fields = self._nodes.mapping(node, ("why", "ends"), "'known-issue'", "'why' and 'ends'")
        if fields.keys() != {"why", "ends"}:
            raise self._nodes.error(node, "'known-issue' needs 'why', and 'ends' as it now ends")
        why = self._nodes.text(fields["why"][1], "why")
        return KnownIssue(why, self._end(fields["ends"][1]))

    def _steps(self, fields: Fields) -> tuple[PlanStep, ...]:
        if "steps" not in fields:
            return ()
        return tuple(map(self._step, self._nodes.items(fields["steps"][1], "steps")))

    def _step(self, node: yaml.Node) -> PlanStep:
        nodes = self._nodes
        step = nodes.mapping(node, (*VERBS, *BESIDE), "a step", "a mapping such as 'send: text'")
        verbs = [key for key in step if key in VERBS]
        if len(verbs) != 1:
            found = " and ".join(verbs) or "none"
            wanted = ", ".join(VERBS)
            raise nodes.error(node, f"a step has exactly one of {wanted}; this one has {found}")
        for key in step.keys() - {verbs[0]}:
            if verbs[0] not in BESIDE[key]:
                takers = " and ".join(map(repr, BESIDE[key]))
                raise nodes.error(step[key][0], f"{key!r} belongs to {takers}, not to {verbs[0]!r}")
        return self._typed(verbs[0], step)

    def _typed(self, verb: str, step: Fields) -> PlanStep:
        nodes, value = self._nodes, step[verb][1]
        within = (
            nodes.seconds(step["within"][1], "within", zero=False) if "within" in step else None
        )
        if verb == "send":
            return Say(self._said(value))
        if verb == "send-base64":
            return Say(nodes.base64(value, verb))
        if verb == "expect":
            return Hear(self._matcher(value), within)
        if verb == "events":
            field = nodes.text(step["field"][1], "field") if "field" in step else "type"
            names = tuple(nodes.text(n, "events") for n in nodes.items(value, "events"))
            return Events(names, field, within)
        seconds = nodes.seconds(value, verb, zero=False)
        return Pause(seconds) if verb == "wait" else Silence(seconds)

    def _said(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return self._nodes.text(node, "send")
        return json.dumps(self._nodes.plain(node), ensure_ascii=False)

    def _matcher(self, node: yaml.Node) -> Matcher:
        if isinstance(node, yaml.ScalarNode):
            return Matcher(pattern=self._nodes.expression(node, "expect"))
        pairs = self._nodes.pairs(node, "'expect'", "an expression, or a mapping of fields")
        fields = [(self._nodes.text(key, "expect"), self._wanted(value)) for key, value in pairs]
        if not fields:
            raise self._nodes.error(node, "'expect' names no field")
        return Matcher(fields=tuple(fields))

    def _wanted(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            found = self._nodes.mapping(node, ("matches",), "a field", "a value, or 'matches'")
            if "matches" in found:
                return Found(self._nodes.expression(found["matches"][1], "matches"))
        return self._nodes.plain(node)
