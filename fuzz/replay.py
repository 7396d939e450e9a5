"""A quick look without atheris: all inputs that are kept, and random changes of them."""

from __future__ import annotations

import hashlib
import resource
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from random import Random

from msgspec import Struct

from fuzz.mutation import mutated, pumped
from fuzz.target import Target, timed, words_of

SLOWER = 4.0
"""By how much a machine may be slower that also does other things."""
OFTEN, PART = 10, 6
DEAR = 500.0
"""Microseconds for one byte from which on a parser is given fewer inputs."""


class Replay(Struct, frozen=True, kw_only=True):
    """What came of one parser; `finding` is the traceback of the first input that failed.

    `grown` is in megabytes of resident memory, `seconds` are of CPU.
    """

    parser: str
    executions: int
    seconds: float
    grown: int
    finding: str = ""
    input: str = ""


def replayed(target: Target, mutations: int, crashes: Path) -> Replay:
    """Give a parser its seeds and so many changes of them, a part where it is dear."""
    parse = timed(target, SLOWER)
    began, before = time.process_time(), _resident()
    executions, finding, path = 0, "", ""
    for data in _inputs(target, mutations // (PART if target.times > DEAR else 1)):
        executions += 1
        try:
            parse(data)
        except Exception:  # noqa: BLE001 - any is a finding
            finding, path = traceback.format_exc(limit=-6), _kept(data, target, crashes)
            break
    return Replay(
        parser=target.name,
        executions=executions,
        seconds=round(time.process_time() - began, 2),
        grown=_resident() - before,
        finding=finding,
        input=path,
    )


def _inputs(target: Target, mutations: int) -> Iterator[bytes]:
    kept = [data for _, data in target.kept()]
    yield from kept
    random, words = Random(target.name), words_of(target)
    for number in range(mutations):
        data = random.choice(kept)
        if number % OFTEN == 0:
            yield pumped(data, target.most, random)
        else:
            yield mutated(data, target.most, words, random)


def _kept(data: bytes, target: Target, crashes: Path) -> str:
    folder = crashes / target.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return str(path)


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
