"""The campaign: gives each parser its time in slices, and keeps account of what was run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from fuzz.target import HERE, Target

SLICE = 120
"""Seconds of CPU after which the next parser has its turn."""
SHORTEST = 5
MOST_RSS, LONGEST = 1024, 60
"""Megabytes and seconds of an input that count as a crash."""
_COVERED = re.compile(r"cov: (\d+)")
_EXECUTED = re.compile(r"stat::number_of_executed_units: *(\d+)")
_LAST = re.compile(r"^#(\d+)", re.MULTILINE)


class Slice(Struct, frozen=True, kw_only=True):
    """One process of atheris: what it ran, at which commit, and what came of it."""

    parser: str
    commit: str
    ended: float
    cpu: float
    executions: int
    rss: int
    covered: int
    gained: int
    crashes: tuple[str, ...] = ()


class Campaign:
    """Runs parsers in a folder of its own, which holds corpora, crashes and the log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "campaign.log"

    def slices(self) -> list[Slice]:
        """Give what was run so far."""
        lines = self._log.read_bytes().splitlines() if self._log.exists() else []
        return [msgspec.json.decode(line, type=Slice) for line in lines]

    def run(self, targets: Iterable[Target], seconds: float) -> Iterator[Slice]:
        """Run until each parser has had so many seconds of CPU, those with the least first."""
        targets = tuple(targets)
        while targets:
            had = dict.fromkeys((target.name for target in targets), 0.0)
            for each in self.slices():
                had[each.parser] = had.get(each.parser, 0.0) + each.cpu
            target = min(targets, key=lambda each: had[each.name])
            left = seconds - had[target.name]
            if left < SHORTEST:
                return
            done = self._slice(target, min(SLICE, left))
            if not done.executions:  # its harness is broken, and would never have its time
                targets = tuple(each for each in targets if each is not target)
            yield done

    def _slice(self, target: Target, seconds: float) -> Slice:
        corpus, crashes, logs = (
            self._made(name, target.name) for name in ("corpus", "crashes", "output")
        )
        before = {path.name for path in crashes.iterdir()}
        output = logs / f"{time.time():.0f}.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                _command(target, corpus, crashes, self._dictionary(target), seconds),
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=HERE.parent,
                env=_environment(),
            )
            _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # waited for already
        told = output.read_text("utf-8", "replace")
        done = Slice(
            parser=target.name,
            commit=_commit(),
            ended=round(time.time()),
            cpu=round(usage.ru_utime + usage.ru_stime, 1),
            executions=_executions(told),
            rss=usage.ru_maxrss // 1024,
            crashes=tuple(sorted({path.name for path in crashes.iterdir()} - before)),
            **_coverage(told),
        )
        with self._log.open("ab") as file:
            file.write(msgspec.json.encode(done) + b"\n")
        if not done.crashes and done.executions:
            output.unlink()
        return done

    def _made(self, *names: str) -> Path:
        path = self.folder.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _dictionary(self, target: Target) -> Path:
        path = self._made("words") / target.name
        path.write_text(target.dictionary)
        return path


def _command(target: Target, corpus: Path, crashes: Path, words: Path, seconds: float) -> list[str]:
    return [
        *(sys.executable, "-m", "fuzz.under_atheris", target.name),
        f"-max_total_time={seconds:.0f}",
        f"-max_len={target.most}",
        f"-rss_limit_mb={MOST_RSS}",
        f"-timeout={LONGEST}",
        f"-report_slow_units={LONGEST}",
        f"-artifact_prefix={crashes}/",
        f"-dict={words}",
        *("-print_final_stats=1", "-reload=0", "-detect_leaks=0"),
        *(str(corpus), str(target.seeds)),
    ]


def _environment() -> dict[str, str]:
    root = HERE.parent
    return {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}


def _executions(told: str) -> int:
    found = _EXECUTED.search(told)
    last = _LAST.findall(told)
    return int(found[1]) if found else int(last[-1]) if last else 0


def _coverage(told: str) -> dict[str, int]:
    found = [int(number) for number in _COVERED.findall(told)] or [0]
    return {"covered": found[-1], "gained": found[-1] - found[0]}


def _commit() -> str:
    git = ["git", "-C", str(HERE.parent), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(git, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
