"""Refuses secrets that stand in a plan as they are; a plan only refers to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

import yaml

from hangup.document import Nodes
from hangup.plan.fill import USE as KEPT
from hangup.plan.variables import USE
from hangup.redact import holds_credential, is_secret_parameter

URLS = ("endpoint", "alike", "url")
"""Keys whose texts are URLs."""
SAID = ("steps", "json", "claims", "send", "expect")
"""Keys below which texts are the application's own."""
HINT = "a plan holds no secrets: give it as a user's 'token', or write ${env:NAME}"
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)@")


class Literals:
    """The texts of one plan; `given` are the variables that were set from outside of it."""

    def __init__(
        self, nodes: Nodes, values: Mapping[str, yaml.ScalarNode], given: Mapping[str, str]
    ) -> None:
        self._nodes, self._values, self._given = nodes, values, given

    def refuse(self, root: yaml.Node) -> None:
        """Look for secrets below a node, before variables are put in.

        Raises:
            DocumentError: with the place of one.
        """
        for value in self._values.values():
            self._look_at_url(value)
        self._look(root, "")

    def _look(self, node: yaml.Node, under: str) -> None:
        if isinstance(node, yaml.SequenceNode):
            for each in node.value:
                self._look(each, under)
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            name = str(key.value)
            if under == "headers" and holds_credential(name, str(value.value)):
                self._refuse_literal(value, str(value.value), f"the header {name!r}")
            elif isinstance(value, yaml.ScalarNode) and name in URLS:
                self._look_at_url(value)
            elif name not in SAID:
                self._look(value, name)

    def _look_at_url(self, node: yaml.ScalarNode) -> None:
        text = str(node.value)
        userinfo = _USERINFO.match(text)
        if userinfo:
            self._refuse_literal(node, userinfo[1], "what stands before '@' in the URL")
        for pair in re.split("[&;]", text.partition("?")[2]):
            name, _, value = pair.partition("=")
            if is_secret_parameter(unquote_plus(name)):
                self._refuse_literal(node, value, f"the parameter {unquote_plus(name)[:40]!r}")

    def _refuse_literal(self, node: yaml.Node, text: str, what: str) -> None:
        if text and not self._comes_from_outside(text, ()):
            raise self._nodes.error(node, f"{what} stands in the plan; {HINT}")

    def _comes_from_outside(self, text: str, under: tuple[str, ...]) -> bool:
        """Whether a part of a text is from the environment, from --set or from an answer."""
        if KEPT.search(text):
            return True
        for use in USE.finditer(text):
            name = use[1].strip()
            if name.startswith("env:") or name in self._given:
                return True
            known = name in self._values and name not in under
            if known and self._comes_from_outside(str(self._values[name].value), (*under, name)):
                return True
        return False
