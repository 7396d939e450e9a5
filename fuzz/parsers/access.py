"""Lines of access logs, each counted as it stands, without the words that lead to it."""

from __future__ import annotations

from hangup.logs.access import LONGEST_TARGET, MOST_PATHS, Access


def parse(data: bytes) -> None:
    """Count each line of the input."""
    access = Access()
    for line in data.split(b"\n"):
        access.take(line)
    access.take_upgrades(data)
    assert len(access.paths) <= MOST_PATHS + 1
    assert len(access.proxy_errors) <= MOST_PATHS
    for path, count in access.paths.items():
        assert len(path) <= LONGEST_TARGET
        assert all(0 <= took < 1e12 for took in count.durations), count.durations
        _ = count.median, count.spike()
    access.websockets()
