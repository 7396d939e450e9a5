"""What the bars share: scripted peers, and traces that can be looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from .peers import Peer, Play, playing

StartPeer = Callable[[Play], Peer]


@pytest.fixture
def peer() -> Iterator[StartPeer]:
    """Give `peer(play)`: a scripted server that plays to every connection."""
    with ExitStack() as stack:
        yield lambda play: stack.enter_context(playing(play))
