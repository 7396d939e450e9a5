"""Plan files: a plan, or a sentence with the place of what is wrong; nothing is run by reading."""

from __future__ import annotations

import os

import msgspec

from hangup.errors import DocumentError, UsageError
from hangup.plan import oauth, users
from hangup.plan.read import parse_plan

ENVIRON = {"TOKEN": "a-secret-token-7", "HOST": "h.example"}


def _nothing(*_: object, **__: object) -> str:
    """Stand in for the commands and the requests that tell a credential: the user's own."""
    return "a-token"


users._ran = _nothing
oauth.granted = _nothing


def parse(data: bytes) -> None:
    """Parse the input."""
    before = dict(os.environ)
    try:
        plan = parse_plan(data.decode("utf-8", "surrogateescape"), "p.yaml", environ=ENVIRON)
    except DocumentError as exc:
        assert str(exc).startswith(("p.yaml", "/", "fuzz"))
        return
    except UsageError as exc:
        assert "p.yaml" not in str(exc)
        return
    finally:
        assert before == dict(os.environ)
    assert plan.phases
    msgspec.structs.asdict(plan)
    assert "a-secret-token-7" not in repr(plan.settings)
