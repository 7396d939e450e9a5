"""Reads one check of a plan: who connects, what is said and must be heard, how it must end."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from hangup.address import parse_origin, parse_url
from hangup.document import Fields, Nodes
from hangup.endpoint import Endpoint, Tls
from hangup.errors import UsageError
from hangup.plan.fill import USE
from hangup.plan.prepare import sample_of
from hangup.plan.read_call import read_call
from hangup.plan.read_holds import read_holds
from hangup.plan.read_steps import StepsReader
from hangup.plan.users import User
from hangup.plan.words import NOWHERE, Beside, Check, End, KnownIssue, Matcher

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
    "beside",
    "holds",
    "alike",
    "call",
)
ENDS = ("status", "close", "reason", "unreachable")
KNOWN = ("why", "ends")
LAYERS = ("dns", "tcp", "tls")
MOST_CONNECTIONS = 200
MOST_BESIDE = 50


class CheckReader:
    """Reads the checks of one plan, whose endpoint, users, deadline and trust they share.

    `kept` are the names of what its setup keeps.
    """

    def __init__(
        self,
        nodes: Nodes,
        endpoint: yaml.Node | None,
        users: Mapping[str, User],
        deadline: float,
        kept: tuple[str, ...],
        tls: Tls,
    ) -> None:
        self._nodes, self._endpoint, self._users = nodes, endpoint, users
        self._deadline, self._kept, self._tls = deadline, kept, tls

    def read(self, node: yaml.Node) -> tuple[Check, yaml.Node | None]:
        """Give a check, and the node that names its control."""
        nodes = self._nodes
        fields = nodes.mapping(node, KEYS, "a check", "a mapping with the key 'name'")
        if "name" not in fields:
            raise nodes.error(node, "the check has no 'name'")
        user = self._user(fields)
        control = fields["control"][1] if "control" in fields else None
        url = fields["endpoint"][1] if "endpoint" in fields else self._endpoint
        if "call" in fields and url is None:
            endpoint = NOWHERE.with_(credential=user.credential if user else None)
        else:
            endpoint = self._reached(node, fields, url, user)
        others, lacking = self._others(fields, endpoint)
        check = Check(
            name=nodes.text(fields["name"][1], "name"),
            endpoint=endpoint,
            url=_with_kept(url),
            user=user.name if user else None,
            steps=StepsReader(nodes, self._kept).steps(fields["steps"][1])
            if "steps" in fields
            else (),
            end=self._end(fields["ends"][1]) if "ends" in fields else End(),
            deadline=self._seconds(fields, "deadline", self._deadline),
            connections=self._connections(fields),
            required=nodes.yes(fields["required"][1], "required") if "required" in fields else True,
            holds=read_holds(nodes, fields["holds"][1]) if "holds" in fields else None,
            alike=self._reached(node, fields, fields["alike"][1], user, "alike")
            if "alike" in fields
            else None,
            alike_url=_with_kept(fields["alike"][1]) if "alike" in fields else "",
            call=read_call(nodes, fields) if "call" in fields else None,
            known=self._known(fields["known-issue"][1]) if "known-issue" in fields else None,
            control=nodes.text(control, "control") if control else None,
            line=node.start_mark.line + 1,
            lacks=(user.lacks if user else "") or lacking,
            beside=tuple(others),
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

    def _reached(
        self,
        check: yaml.Node,
        fields: Fields,
        node: yaml.Node | None,
        user: User | None,
        key: str = "endpoint",
    ) -> Endpoint:
        if node is None:
            raise self._nodes.error(check, "neither the check nor the plan names an 'endpoint'")
        try:
            address = parse_url(sample_of(self._nodes.text(node, key)), f"{key!r}")
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
        fields = self._nodes.mapping(node, KNOWN, "'known-issue'", "'why' and 'ends'")
        if fields.keys() != set(KNOWN):
            raise self._nodes.error(node, "'known-issue' needs 'why', and 'ends' as it now ends")
        why = self._nodes.text(fields["why"][1], "why")
        return KnownIssue(why, self._end(fields["ends"][1]))

    def _others(self, fields: Fields, endpoint: Endpoint) -> tuple[list[Beside], str]:
        """Give who is beside the steps, and what is missing to connect them."""
        if "beside" not in fields:
            return [], ""
        items = self._nodes.items(fields["beside"][1], "beside")
        if len(items) > MOST_BESIDE:
            raise self._nodes.error(fields["beside"][1], f"at most {MOST_BESIDE} can be beside")
        others = [self._other(item, endpoint) for item in items]
        return [other for other, _ in others], next((lacks for _, lacks in others if lacks), "")

    def _other(self, node: yaml.Node, endpoint: Endpoint) -> tuple[Beside, str]:
        nodes, form = self._nodes, "a mapping such as 'as: bob, hears: nothing'"
        fields = nodes.mapping(node, ("as", "hears"), "who is beside", form)
        if "hears" not in fields:
            raise nodes.error(node, "who is beside needs 'hears'")
        user = self._user(fields)
        other = Beside(
            name=user.name if user else "nobody",
            endpoint=endpoint.with_(credential=user.credential if user else None),
            hears=self._hears(fields["hears"][1]),
        )
        return other, user.lacks if user else ""

    def _hears(self, node: yaml.Node) -> tuple[Matcher, ...]:
        if isinstance(node, yaml.ScalarNode):
            if node.value != "nothing":
                raise self._nodes.error(node, "'hears' is 'nothing', or a list of messages")
            return ()
        reader = StepsReader(self._nodes, self._kept)
        return tuple(reader.matcher(n, "hears") for n in self._nodes.items(node, "hears"))


def _with_kept(url: yaml.Node | None) -> str:
    """Give a URL in which kept values stand, nothing of any other."""
    text = str(url.value) if isinstance(url, yaml.ScalarNode) else ""
    return text if USE.search(text) else ""
