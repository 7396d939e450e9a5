"""Whom a plan trusts: the authorities of its TLS connections."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from hangup.document import Nodes
from hangup.endpoint import Tls

KEYS = ("cacert", "verify")


def read_tls(nodes: Nodes, node: yaml.Node) -> Tls:
    """Read `tls`: a file of authorities beside the plan, or that nothing is verified."""
    fields = nodes.mapping(node, KEYS, "'tls'", "a mapping such as 'cacert: FILE'")
    verify = nodes.yes(fields["verify"][1], "verify") if "verify" in fields else True
    if "cacert" not in fields:
        return Tls(verify=verify)
    value = fields["cacert"][1]
    path = Path(nodes.source).parent / nodes.text(value, "cacert")
    if not verify:
        raise nodes.error(value, "'cacert' has no effect where 'verify' is false")
    if not os.access(path, os.R_OK) or not path.is_file():
        raise nodes.error(value, "'cacert' names no file that can be read")
    _check_authorities(nodes, value, path)
    return Tls(ca_file=str(path))


def _check_authorities(nodes: Nodes, node: yaml.Node, path: Path) -> None:
    import ssl  # here: few plans name authorities

    try:
        ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError):
        raise nodes.error(node, "'cacert' holds no certificate in PEM") from None
