"""Refuses uses of `%{NAME}` in URLs and tasks where no setup keeps the name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import yaml

from hangup.document import Nodes
from hangup.plan.fill import USE
from hangup.plan.variables import scalars_of


class Uses:
    """The names that the setup of one plan keeps."""

    def __init__(self, nodes: Nodes, setup: yaml.Node | None) -> None:
        self._nodes = nodes
        self.names = tuple(_kept_in(setup)) if setup is not None else ()

    def check_setup(self, node: yaml.Node) -> None:
        """Let each task use what those before it keep.

        Raises:
            DocumentError: with the place of what is used and not kept.
        """
        known: list[str] = []
        for task in node.value if isinstance(node, yaml.SequenceNode) else ():
            self._check(task, known)
            known += _kept_in(task)

    def check(self, node: yaml.Node) -> None:
        """Let a URL or the teardown use what the setup keeps.

        Raises:
            DocumentError: as above.
        """
        self._check(node, (*self.names, *_kept_in(node)))

    def _check(self, node: yaml.Node, known: Iterable[str]) -> None:
        for scalar in scalars_of(node):
            for name in USE.findall(str(scalar.value)):
                if name not in known:
                    raise self._nodes.error(scalar, _unknown(name, list(known)))


def dialled_in(phases: yaml.Node) -> Iterator[yaml.Node]:
    """Give the nodes of all URLs that checks name."""
    for check in _checks_of(phases):
        for key, value in check.value if isinstance(check, yaml.MappingNode) else ():
            if key.value in ("endpoint", "alike"):
                yield value


def _checks_of(phases: yaml.Node) -> Iterator[yaml.Node]:
    for phase in phases.value if isinstance(phases, yaml.SequenceNode) else ():
        for key, value in phase.value if isinstance(phase, yaml.MappingNode) else ():
            if key.value == "checks" and isinstance(value, yaml.SequenceNode):
                yield from value.value


def _kept_in(node: yaml.Node) -> Iterator[str]:
    """Give every name of a `keep` below a node."""
    for each in node.value if isinstance(node, yaml.SequenceNode) else ():
        yield from _kept_in(each)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "keep" and isinstance(value, yaml.MappingNode):
            yield from (str(name.value) for name, _ in value.value)
        else:
            yield from _kept_in(value)


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "'keep' of a request in 'setup' keeps values"
    return f"nothing is kept under {name[:40]!r}; {hint}"
