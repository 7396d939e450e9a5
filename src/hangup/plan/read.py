"""Reads plan files; whatever is wrong in one is told with file, line and column."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

import msgspec
import yaml

from hangup.document import Fields, Nodes, compose, read_text
from hangup.endpoint import Tls
from hangup.errors import DocumentError
from hangup.plan.carried import carried_by
from hangup.plan.contracts import Contracts
from hangup.plan.literals import Literals
from hangup.plan.read_check import CheckReader
from hangup.plan.read_impact import read_impact
from hangup.plan.read_tasks import read_tasks
from hangup.plan.read_uses import Uses, dialled_in
from hangup.plan.tasks import Task
from hangup.plan.trust import read_tls
from hangup.plan.users import read_users
from hangup.plan.variables import Variables
from hangup.plan.words import Check, Claim, Phase, Plan

KEYS = (
    "endpoint",
    "tls",
    "asyncapi",
    "variables",
    "environments",
    "users",
    "deadline",
    "budget",
    "diagnose",
    "phases",
    "claims",
    "setup",
    "teardown",
    "impact",
)
PHASE = ("name", "gate", "checks")
CLAIM = ("claim", "refuted-by", "supported-by")
DEADLINE, BUDGET = 10.0, 120.0
"""Seconds of a check, and of the whole plan, where the plan does not say."""


def read_plan(
    path: str, environment: str | None = None, settings: Mapping[str, str] | None = None
) -> Plan:
    """Read a plan file, for one of its environments, with variables set from outside.

    Raises:
        DocumentError: with file, line and column of what is wrong.
    """
    return parse_plan(read_text(path), path, environment, settings)


def parse_plan(
    text: str,
    source: str,
    environment: str | None = None,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Plan:
    """Parse a plan; `source` names it in errors, and files are looked for beside it.

    `environ` is where `${env:NAME}` is looked up.

    Raises:
        DocumentError: with line and column of what is wrong.
    """
    root = compose(text, source)
    if root is None:
        raise DocumentError(source, (1, 1), "the plan is empty")
    plan = _Reader(Nodes(source), root, environment, settings or {}, environ).plan()
    return msgspec.structs.replace(
        plan,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        environment=environment or "",
        settings=tuple((settings or {}).items()),
    )


class _Reader:
    """Turns composed nodes, which still know their places, into a plan."""

    def __init__(
        self,
        nodes: Nodes,
        root: yaml.Node,
        environment: str | None,
        settings: Mapping[str, str],
        environ: Mapping[str, str],
    ) -> None:
        self._nodes, self._root, self._environ = nodes, root, environ
        self._top = nodes.mapping(root, KEYS, "the plan", "a mapping with the key 'phases'")
        self._fill(environment, settings)
        self._seen: dict[str, yaml.Node] = {}

    def plan(self) -> Plan:
        """Give the plan."""
        if "phases" not in self._top:
            raise self._nodes.error(self._root, "the key 'phases' is missing")
        top, nodes = self._top, self._nodes
        users = read_users(nodes, top["users"][1]) if "users" in top else {}
        deadline = (
            nodes.seconds(top["deadline"][1], "deadline", zero=False)
            if "deadline" in top
            else DEADLINE
        )
        names = self._check_uses()
        tls = read_tls(nodes, top["tls"][1]) if "tls" in top else Tls()
        checks = CheckReader(
            nodes, top["endpoint"][1] if "endpoint" in top else None, users, deadline, names, tls
        )
        phases = tuple(self._phase(checks, n) for n in nodes.items(top["phases"][1], "phases"))
        phases = self._held(phases)
        claims = nodes.items(top["claims"][1], "claims") if "claims" in top else []
        plan = Plan(
            phases=phases,
            claims=tuple(self._claim(node) for node in claims),
            budget=nodes.seconds(top["budget"][1], "budget", zero=False)
            if "budget" in top
            else BUDGET,
            diagnose=nodes.yes(top["diagnose"][1], "diagnose") if "diagnose" in top else True,
            source=nodes.source,
            secrets=tuple(secret for user in users.values() for secret in user.secrets),
            setup=self._tasks("setup"),
            teardown=self._tasks("teardown"),
            impact=read_impact(nodes, top["impact"][1], self._seen) if "impact" in top else (),
        )
        return msgspec.structs.replace(plan, secrets=carried_by(plan))

    def _tasks(self, key: str) -> tuple[Task, ...]:
        return read_tasks(self._nodes, self._top[key][1], key) if key in self._top else ()

    def _check_uses(self) -> tuple[str, ...]:
        """See to it that what is used outside of steps is kept, and give what the setup keeps."""
        top = {key: value for key, (_, value) in self._top.items()}
        uses = Uses(self._nodes, top.get("setup"))
        if "setup" in top:
            uses.check_setup(top["setup"])
        for key in ("endpoint", "teardown"):
            if key in top:
                uses.check(top[key])
        for node in dialled_in(top["phases"]):
            uses.check(node)
        return uses.names

    def _fill(self, environment: str | None, settings: Mapping[str, str]) -> None:
        values = self._values(self._top.get("variables"))
        values |= self._of_environment(environment)
        Literals(self._nodes, values, settings).refuse(self._root)
        for name, value in settings.items():
            values[name] = yaml.ScalarNode("tag:yaml.org,2002:str", value, self._root.start_mark)
        variables = Variables(self._nodes, values, self._environ)
        for key, (_, node) in self._top.items():
            if key not in ("variables", "environments"):
                variables.fill(node)

    def _values(self, field: tuple[yaml.Node, yaml.Node] | None) -> dict[str, yaml.ScalarNode]:
        if field is None:
            return {}
        found = {}
        for key, value in self._nodes.pairs(field[1], "'variables'", "a mapping of names to texts"):
            if not isinstance(value, yaml.ScalarNode):
                raise self._nodes.error(value, "a variable takes a text or a number")
            found[self._nodes.text(key, "variables")] = value
        return found

    def _of_environment(self, name: str | None) -> dict[str, yaml.ScalarNode]:
        known: dict[str, Fields] = {}
        if "environments" in self._top:
            node = self._top["environments"][1]
            form = "a mapping with the key 'variables'"
            for key, value in self._nodes.pairs(node, "'environments'", "a mapping of names"):
                named = self._nodes.text(key, "environments")
                known[named] = self._nodes.mapping(value, ("variables",), f"{named!r}", form)
        if name is None:
            return {}
        if name not in known:
            names = ", ".join(known) or "none"
            raise DocumentError(
                self._nodes.source, None, f"no environment {name!r}; it has {names}"
            )
        return self._values(known[name].get("variables"))

    def _phase(self, checks: CheckReader, node: yaml.Node) -> Phase:
        nodes = self._nodes
        fields = nodes.mapping(node, PHASE, "a phase", "a mapping with 'checks'")
        for key in ("name", "checks"):
            if key not in fields:
                raise nodes.error(node, f"the phase has no '{key}'")
        read = [self._check(checks, n) for n in nodes.items(fields["checks"][1], "checks")]
        return Phase(
            name=nodes.text(fields["name"][1], "name"),
            checks=tuple(read),
            gate=nodes.yes(fields["gate"][1], "gate") if "gate" in fields else True,
        )

    def _held(self, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        """Hold all checks to the contract of the plan, if it has one."""
        if "asyncapi" not in self._top:
            return phases
        hold = Contracts(self._nodes, self._top["asyncapi"][1]).holding
        return tuple(
            msgspec.structs.replace(phase, checks=tuple(map(hold, phase.checks)))
            for phase in phases
        )

    def _check(self, checks: CheckReader, node: yaml.Node) -> Check:
        check, control = checks.read(node)
        if check.name in self._seen:
            raise self._nodes.error(node, f"a second check is named {check.name!r}")
        if control is not None and check.control not in self._seen:
            raise self._nodes.error(control, f"no check before this one is named {check.control!r}")
        self._seen[check.name] = node
        return check

    def _claim(self, node: yaml.Node) -> Claim:
        nodes = self._nodes
        fields = nodes.mapping(node, CLAIM, "a claim", "a mapping with 'claim' and 'refuted-by'")
        if "claim" not in fields or len(fields) < 2:
            raise nodes.error(node, "a claim needs 'claim', and 'refuted-by' or 'supported-by'")
        by = {key: nodes.text(fields[key][1], key) for key in CLAIM[1:] if key in fields}
        for key, name in by.items():
            if name not in self._seen:
                raise nodes.error(fields[key][1], f"no check is named {name!r}")
        says = nodes.text(fields["claim"][1], "claim")
        return Claim(says, by.get("refuted-by"), by.get("supported-by"))
