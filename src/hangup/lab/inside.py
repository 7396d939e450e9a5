"""Runs one world in the network that its process was given.

Run as `python -m hangup.lab.inside NAME` by `hangup.lab.namespace`; writes the result as JSON.
"""

from __future__ import annotations

import sys

import msgspec

from hangup.lab import namespace
from hangup.lab.running import Told, run
from hangup.lab.worlds import WORLDS


def main(name: str) -> None:
    """Run the world of that name and write what became of it."""
    if not namespace.inside():
        raise SystemExit("this is started by the lab, in a network of its own")
    namespace.end_with_our_parent()
    namespace.wake_up()
    result = run(next(world for world in WORLDS if world.name == name))
    told = Told(**{each: getattr(result, each) for each in Told.__struct_fields__})
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main(sys.argv[1])
