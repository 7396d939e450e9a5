"""Reads which function of a file beside the plan is a check."""

from __future__ import annotations

import re
from pathlib import Path

from hangup.document import Fields, Nodes
from hangup.plan.calling import Call

WITH = ("name", "call", "as", "endpoint", "deadline", "required", "control")
"""Keys of a check that mean something beside `call`."""
_NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", re.ASCII)


def read_call(nodes: Nodes, fields: Fields) -> Call:
    """Read the `call` of a check.

    Raises:
        DocumentError: it names none, no such file is there, or keys make no sense beside it.
    """
    for key, (node, _) in fields.items():
        if key not in WITH:
            raise nodes.error(node, f"{key!r} means nothing beside 'call', which dials by itself")
    node = fields["call"][1]
    named = _NAME.fullmatch(nodes.text(node, "call"))
    if not named:
        raise nodes.error(node, "'call' is written as module:function")
    folder = Path(nodes.source).resolve().parent
    file = folder.joinpath(*named[1].split("."))
    if not file.with_suffix(".py").is_file() and not (file / "__init__.py").is_file():
        wanted = f"{named[1].replace('.', '/')}.py"
        raise nodes.error(node, f"there is no {wanted} beside the plan")
    return Call(named[1], named[2], folder=str(folder))
