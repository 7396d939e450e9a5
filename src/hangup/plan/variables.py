"""Variables of a plan: `${name}` in its texts, `${env:NAME}` from the environment."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

import yaml

from hangup.document import Nodes

USE = re.compile(r"\$\{([^{}]*)\}")


class Variables:
    """The variables of one plan, each a node, so that what is wrong has a place."""

    def __init__(
        self, nodes: Nodes, values: Mapping[str, yaml.ScalarNode], environ: Mapping[str, str]
    ) -> None:
        self._nodes, self._values, self._environ = nodes, values, environ

    def fill(self, node: yaml.Node) -> None:
        """Put values in place of variables in all texts below a node.

        Raises:
            DocumentError: a variable is unknown, or needs itself.
        """
        for scalar in scalars_of(node):
            if "${" in scalar.value:
                scalar.value = self._filled(scalar, ())

    def _filled(self, node: yaml.ScalarNode, under: tuple[str, ...]) -> str:
        def value(use: re.Match[str]) -> str:
            return self._value(use[1].strip(), node, under)

        return USE.sub(value, str(node.value))

    def _value(self, name: str, node: yaml.ScalarNode, under: tuple[str, ...]) -> str:
        if name.startswith("env:"):
            found = self._environ.get(name[4:])
            if found is None:
                raise self._nodes.error(node, f"the environment has no variable {name[4:]!r}")
            return found
        if name in under:
            circle = " needs ".join([*under[under.index(name) :], name])
            raise self._nodes.error(node, f"a circle of variables: {circle}")
        if name not in self._values:
            near = difflib.get_close_matches(name, self._values, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "'variables' names no such one"
            raise self._nodes.error(node, f"unknown variable {name[:40]!r}; {hint}")
        return self._filled(self._values[name], (*under, name))


def scalars_of(node: yaml.Node, *, keys: bool = False) -> Iterator[yaml.ScalarNode]:
    """Give every scalar below a node, the keys of its mappings too where they are asked for."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from scalars_of(each, keys=keys)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            for each in (key, value) if keys else (value,):
                yield from scalars_of(each, keys=keys)
