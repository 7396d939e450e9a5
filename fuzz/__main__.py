"""Fuzzes parsers of foreign bytes for so long, looks at them quickly, or tells what was run."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec

from fuzz.campaign import Campaign, Slice
from fuzz.replay import replayed
from fuzz.target import HERE
from fuzz.targets import TARGETS, named


def main() -> int:
    """Run what is asked for; the exit status is 1 when an input failed."""
    options = _options()
    targets = [named(name) for name in options.names] or TARGETS
    folder = options.folder.absolute()
    if options.input:
        targets[0].parse(options.input.read_bytes())
        return 0
    if options.quick:
        found = [replayed(target, options.quick, folder / "crashes") for target in targets]
        print(msgspec.json.encode(found).decode())
        return int(any(each.finding for each in found))
    if options.seconds and find_spec("atheris") is None:
        sys.exit("fuzz: guided by coverage it needs atheris; run it with make fuzz")
    campaign = Campaign(folder)
    crashed = False
    for done in campaign.run(targets, options.seconds) if options.seconds else ():
        crashed |= bool(done.crashes)
        print(_line([done]), *done.crashes, flush=True)
    print(f"\nall that was run in {folder}:")
    for target in targets:
        had = [each for each in campaign.slices() if each.parser == target.name]
        print(_line(had) if had else f"{target.name:12} never run")
    return int(crashed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parsers; all of them if none")
    parser.add_argument(
        "--seconds", type=float, default=0, help="of CPU that each is to have in the end"
    )
    parser.add_argument(
        "--quick", type=int, default=0, metavar="N", help="N random inputs each, without atheris"
    )
    parser.add_argument("--input", type=Path, help="parse one input, to see how it fails")
    parser.add_argument(
        "--folder", type=Path, default=HERE.parent / ".tools" / "fuzz", help="of what is found"
    )
    return parser.parse_args()


def _line(slices: list[Slice]) -> str:
    commits = list(dict.fromkeys(each.commit for each in slices))
    return (
        f"{slices[0].parser:12} {sum(each.executions for each in slices):>11,} executions"
        f" {sum(each.cpu for each in slices):>7,.0f} s of CPU"
        f" {max(each.rss for each in slices):>4} MB at most"
        f" {slices[-1].covered:>5} places covered, {sum(each.gained for each in slices):>4} new"
        f" {sum(len(each.crashes) for each in slices):>3} crashes, at {', '.join(commits)}"
    )


if __name__ == "__main__":
    sys.exit(main())
