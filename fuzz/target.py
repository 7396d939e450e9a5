"""What is fuzzed: a parser, what must be true of it, and what it may cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).parent
SEEDS, WORDS = HERE / "seeds", HERE / "words"
AT_LEAST = 1.0
"""Seconds of CPU that any input may take: modules are loaded and tables are built."""


class SlowError(AssertionError):
    """An input took more time than its size allows: time that grows faster than what is read."""


class Target(Struct, frozen=True, kw_only=True):
    """One parser: its file in `fuzz/parsers`, the bytes of an input, the CPU time of each byte.

    `times` is in microseconds for one byte, without the instrumentation of coverage. `words` name
    the files in `fuzz/words` of what it looks for, which chance would not write; its own if none.
    """

    name: str
    reads: str
    most: int = 4096
    times: float = 40.0
    words: tuple[str, ...] = ()

    @property
    def parse(self) -> Callable[[bytes], None]:
        """The function that takes an input; what it raises is a finding."""
        module = import_module(f"fuzz.parsers.{self.name.replace('-', '_')}")
        found: Callable[[bytes], None] = module.parse
        return found

    @property
    def dictionary(self) -> str:
        """The words that it looks for, in libFuzzer's format."""
        return "".join((WORDS / f"{name}.dict").read_text() for name in self.words or (self.name,))

    @property
    def seeds(self) -> Path:
        """The folder of the inputs that are kept."""
        return SEEDS / self.name

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Give the name and the content of each input that is kept."""
        for path in sorted(self.seeds.iterdir()):
            yield path.name, path.read_bytes()


def words_of(target: Target) -> list[bytes]:
    """Give the words of a parser's dictionary as bytes."""
    lines = (line.strip('"') for line in target.dictionary.splitlines())
    return [line.encode().decode("unicode_escape").encode("latin-1") for line in lines]


def timed(target: Target, slower: float = 1.0) -> Callable[[bytes], None]:
    """Give the parser with its bound on time; `slower` is by how much the process is."""
    parse = target.parse

    def parse_in_time(data: bytes) -> None:
        began = time.thread_time()
        parse(data)
        took = time.thread_time() - began
        if took > slower * (AT_LEAST + len(data) * target.times / 1e6):
            raise SlowError(f"{len(data)} bytes took {took:.1f} s of CPU")

    return parse_in_time
