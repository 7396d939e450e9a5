"""What a client asks of a recorded server, and says to it: read in time, kept without secrets."""

from __future__ import annotations

import msgspec

from hangup.incident import Caught, ConnectionSeen, MessageSeen
from hangup.recorder.handshake import MOST_OFFERED, MOST_TEXT, handshake_of, secrets_said
from hangup.store.cleaned import cleaned
from hangup.store.database import row_of

SECRET = b"S3cretW0rdOfAClient"


def parse(data: bytes) -> None:
    """Take the first line as the query, the next as headers, and the rest as what is said."""
    query, _, rest = data.partition(b"\n")
    head, _, said = rest.partition(b"\n\n")
    pairs = [line.partition(b":")[::2] for line in head.split(b"\n")]
    scope = {
        "path": "/ws",
        "query_string": query,
        "headers": [(name.strip().lower(), value.strip()) for name, value in pairs],
    }
    asked = handshake_of(scope, "test", secrets_said(said))
    assert len(asked.target) <= MOST_TEXT
    assert len(asked.offered) <= MOST_OFFERED
    assert all(len(each) <= MOST_TEXT for each in asked.offered)
    _ = asked.credential, asked.credential_hash, asked.hangup_id, asked.traceparent
    message = MessageSeen(after=0.0, sent=False, size=len(said), data=asked.payload(said)[:1024])
    seen = ConnectionSeen(at=0.0, connection="c", path=asked.target, messages=(message,))
    row_of(seen)
    quoted = (data[:2000] + b" password=" + SECRET).decode("utf-8", "replace")
    caught = Caught(at=0.0, kind="exception", exception="E", message=quoted, chain=(quoted,))
    assert SECRET not in msgspec.json.encode(cleaned(caught))
