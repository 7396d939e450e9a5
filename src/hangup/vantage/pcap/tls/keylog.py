"""The secrets of TLS in the format of NSS, which SSLKEYLOGFILE gives (RFC 9850)."""

from __future__ import annotations

from collections.abc import Iterable

LABELS = frozenset(
    {
        "CLIENT_RANDOM",
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "SERVER_TRAFFIC_SECRET_0",
    }
)
MOST_SECRETS = 500_000
MOST_LINE = 1024
RANDOM = 32
SIZES = range(16, 65)
"""Bytes of a secret that belongs to a cipher we know."""


class KeyLog:
    """Secrets by the client's random and by label.

    `lines` counts those that were understood; `used` says whether any connection had one, `full`
    whether there were more than are kept.
    """

    def __init__(self) -> None:
        self._secrets: dict[bytes, dict[str, bytes]] = {}
        self.lines = 0
        self.used = self.full = False

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in lines; comments and what is none of ours are passed over."""
        for line in lines:
            if self.lines == MOST_SECRETS:
                self.full = True
                return
            self._line(line)

    def secret(self, random: bytes, label: str) -> bytes | None:
        """Give one secret of a connection."""
        return self._secrets.get(random, {}).get(label)

    def knows(self, random: bytes) -> bool:
        """Whether there is anything of a connection."""
        known = random in self._secrets
        self.used = self.used or known
        return known

    def _line(self, line: bytes) -> None:
        parts = line[:MOST_LINE].split()
        if len(parts) != 3:
            return
        label = parts[0].decode("ascii", "replace")
        try:
            random, secret = bytes.fromhex(parts[1].decode()), bytes.fromhex(parts[2].decode())
        except ValueError:
            return
        if label in LABELS and len(random) == RANDOM and len(secret) in SIZES:
            self._secrets.setdefault(random, {})[label] = secret
            self.lines += 1
