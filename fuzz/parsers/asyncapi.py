"""AsyncAPI documents: read, examples made of their schemas, messages held against them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hangup.asyncapi.api import read_api
from hangup.asyncapi.contract import Contract
from hangup.asyncapi.example import NoExampleError, example_of
from hangup.errors import UsageError

MESSAGES = (b"{}", b'{"type":"a","n":1}', b"[[1,2],null]", b'"text"', b"\xff")
_folder = Path(tempfile.mkdtemp(prefix="hangup-fuzz-"))


def parse(data: bytes) -> None:
    """Read the input as a file that may refer to itself."""
    path = _folder / "api.yaml"
    path.write_bytes(data)
    try:
        api = read_api(str(path))
    except UsageError as exc:
        assert len(str(exc)) < 5000
        return
    for channel in api.channels:
        for exchange in channel.exchanges:
            for message in (exchange.says, *exchange.replies):
                _made(message)
        try:
            contract = Contract([channel])
        except UsageError:
            continue
        for each in MESSAGES:
            assert isinstance(contract.violation(each), str)


def _made(message) -> None:
    try:
        example_of(message.schema)
    except NoExampleError:
        return
