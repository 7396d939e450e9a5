"""A network in which every packet is lost, for one command: a wire whose other end is nobody."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NOWHERE = "10.9.9.9"
"""An address on that wire; it has an Ethernet address, and nobody there listens to it."""

_SCRIPT = """
set -e
ip link set lo up
ip link add near type veth peer name far
ip addr add 10.9.9.1/24 dev near
ip link set near up
ip link set far up
ip neigh add 10.9.9.9 lladdr 02:00:00:00:00:09 dev near
mount --bind "$1" /etc/resolv.conf
shift
exec "$@"
"""


def darkness(folder: Path) -> list[str] | None:
    """Give the command that runs another one in the dark; None where we may not make it."""
    if os.getuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "mount"))):
        return None
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {NOWHERE}\n")
    script = ["/bin/sh", "-c", _SCRIPT, "sh", os.fspath(resolver)]
    command = ["unshare", "--net", "--mount", "--", *script]
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else None
