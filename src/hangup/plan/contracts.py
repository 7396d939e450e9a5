"""The contract of a plan: an AsyncAPI document, which every message that is heard must keep."""

from __future__ import annotations

from pathlib import Path

import yaml
from msgspec.structs import replace

from hangup.asyncapi.api import read_api
from hangup.asyncapi.contract import Contract
from hangup.document import Nodes
from hangup.errors import DocumentError, UsageError
from hangup.plan.words import Check


class Contracts:
    """What may be heard on the channels of one document, which stands beside the plan."""

    def __init__(self, nodes: Nodes, node: yaml.Node) -> None:
        name = nodes.text(node, "asyncapi")
        self._nodes, self._node = nodes, node
        self._made: dict[tuple[str, ...], Contract] = {}
        try:
            self._api = read_api(str(Path(nodes.source).parent / name))
        except DocumentError as exc:
            raise nodes.error(node, f"'asyncapi': {exc}") from None

    def holding(self, check: Check) -> Check:
        """Give a check that holds to the contract of the channel that has its path."""
        return replace(check, contract=self._of(check))

    def _of(self, check: Check) -> Contract:
        channels = self._api.channel_at(check.endpoint.target.partition("?")[0])
        key = tuple(channel.name for channel in channels)
        if key not in self._made:
            try:
                self._made[key] = Contract(channels)
            except UsageError as exc:
                raise self._nodes.error(self._node, f"'asyncapi': {exc}") from None
        return self._made[key]


class Watch:
    """Watches one connection for the first message that breaks the contract, if there is one."""

    def __init__(self, contract: Contract | None) -> None:
        self._contract = contract
        self.broken = ""

    def take(self, data: bytes) -> None:
        """Look at one message that came."""
        if self._contract and not self.broken:
            self.broken = self._contract.violation(data)
