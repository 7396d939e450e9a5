"""The recorder names what is wrong of nearly all faults that an application can show."""

from __future__ import annotations

import pytest

from hangup.lab.pinpoint import SERVERS, pinpoint
from hangup.lab.pinpoint_faults import FAULTS

SHARE = 0.95
SHARED = 0.9
"""How many of the faults every server must show, at least."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("server", SERVERS)
def test_the_share_of_faults_that_are_named(server: str) -> None:
    results = pinpoint(server)
    missed = [f"{each.fault.number} {each.fault.path}" for each in results if not each.right]

    assert len(results) >= SHARED * len(FAULTS)
    assert len(missed) <= (1 - SHARE) * len(results), missed
