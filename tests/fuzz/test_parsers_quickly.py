"""Every parser of foreign bytes stands its seeds and some hundred changes of them, in bounds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
MUTATIONS = 300
MOST_GROWN = 150
"""Megabytes that a parser may add to the process, its modules included."""


class Found(msgspec.Struct):
    """What is told of one parser."""

    parser: str
    executions: int
    grown: int
    finding: str
    input: str


def ran(*options: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m fuzz`: the harnesses change modules, which others here need as they are."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "fuzz", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=55,
    )


def names() -> list[str]:
    return sorted(path.name for path in (ROOT / "fuzz" / "seeds").iterdir())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    done = ran("--quick", str(MUTATIONS), "--folder", str(tmp_path_factory.mktemp("fuzz")))
    assert done.stdout, done.stderr
    told = msgspec.json.decode(done.stdout, type=list[Found])
    return {each.parser: each for each in told}


@pytest.mark.parametrize("name", names())
def test_a_parser_stands_its_seeds_and_what_chance_makes_of_them(
    name: str, found: dict[str, Found]
) -> None:
    here = found[name]
    assert here.finding == "", f"python -m fuzz {name} --input {here.input}"
    assert here.executions > len(list((ROOT / "fuzz" / "seeds" / name).iterdir()))
    assert here.grown < MOST_GROWN


def test_every_parser_has_its_file_its_seeds_and_its_words(found: dict[str, Found]) -> None:
    fuzz = ROOT / "fuzz"
    harnesses = {path.stem.replace("_", "-") for path in (fuzz / "parsers").glob("[a-z]*.py")}
    assert harnesses == set(names()) == set(found)


def test_seeds_are_small() -> None:
    seeds = [path for path in (ROOT / "fuzz" / "seeds").rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in seeds) <= 65536
    assert sum(path.stat().st_size for path in seeds) < 3_000_000


def test_what_was_never_run_is_told_as_such(tmp_path: Path) -> None:
    done = ran("har", "--folder", str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].split() == ["har", "never", "run"]


def test_an_input_that_fails_is_found_and_kept(tmp_path: Path) -> None:
    made = "\n".join(
        (
            "from pathlib import Path",
            "from fuzz import replay, targets",
            "from fuzz.parsers import har",
            "def parse(data): assert len(data) < 9",
            "har.parse = parse",
            f"print(replay.replayed(targets.named('har'), 5, Path({str(tmp_path)!r})).input)",
        )
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", made], env=env, capture_output=True, text=True)
    kept = Path(done.stdout.strip())
    assert kept.parent == tmp_path / "har", done.stderr
    assert len(kept.read_bytes()) >= 9


def test_what_takes_longer_the_longer_it_is_counts_as_found(tmp_path: Path) -> None:
    made = "\n".join(
        (
            "import re, sys",
            "from fuzz.parsers import har",
            "from fuzz.target import SlowError, timed",
            "from fuzz.targets import named",
            "har.parse = lambda data: re.search(rb'(a+)+$', data)",
            "try: timed(named('har'))(b'a' * 26 + b'!')",
            "except SlowError as exc: sys.exit(7)",
        )
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    assert subprocess.run([sys.executable, "-c", made], env=env).returncode == 7


def test_no_change_makes_an_input_larger_than_it_may_be() -> None:
    sys.path.insert(0, str(ROOT))
    try:
        from fuzz.mutation import mutated, pumped
    finally:
        sys.path.remove(str(ROOT))
    random = Random(1)
    made = [mutated(b"hello", 64, [b"word"], random) for _ in range(500)]
    made += [pumped(b"hello", 64, random) for _ in range(500)]
    assert max(map(len, made)) <= 64
    assert len(set(made)) > 200
