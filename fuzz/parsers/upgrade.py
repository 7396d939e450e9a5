"""The request that opens a WebSocket on our own server, and the credential in it."""

from __future__ import annotations

from fuzz.wire import pieces
from hangup.bridge.opening import Opening, scope_of
from hangup.bridge.presented import RefusedError, handshake, of_own_page, presented


class _Transport:
    """A connection of loopback."""

    def get_extra_info(self, name):
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 80)}.get(name)


def parse(data: bytes) -> None:
    """Send the input in pieces, of which its first byte says the size."""
    how, data = (data[:1] or b"\0")[0], data[1:]
    opening = Opening()
    for piece in pieces(data, how):
        answer = opening.read(piece)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
        if answer or opening.request:
            break
    if opening.request is None:
        return
    scope = scope_of(opening.request, _Transport(), "", {})
    asked = handshake(scope)
    of_own_page(asked)
    try:
        found = presented(asked, cookie="session", query=True)
    except RefusedError:
        return
    assert isinstance(found.token, str)
    if len(found.token) > 8 and found.token not in found.path:
        assert found.token not in repr(found)
