"""The process that atheris fuzzes one parser in, guided by coverage; started by the campaign."""

from __future__ import annotations

import sys
from random import Random

import atheris

from fuzz.mutation import pumped
from fuzz.target import Target, timed
from fuzz.targets import named

SLOWER = 12.0
"""By how much counting coverage slows Python down, at most."""
WATCHED = ["hangup", "h11", "websockets", "fuzz.parsers"]
RARELY = 24


def main() -> None:
    """Fuzz the parser of the first argument; the others are libFuzzer's."""
    target = named(sys.argv[1])
    with atheris.instrument_imports(include=WATCHED):
        parse = timed(target, SLOWER)
    mutate = _mutator(target)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], parse, custom_mutator=mutate)
    atheris.Fuzz()


def _mutator(target: Target):
    def mutate(data: bytes, most: int, seed: int) -> bytes:
        if seed % RARELY == 0:
            return pumped(data, min(most, target.most), Random(seed))
        return atheris.Mutate(data, len(data) if most < len(data) else most)

    return mutate


if __name__ == "__main__":
    main()
