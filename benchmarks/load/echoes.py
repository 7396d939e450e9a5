"""The same echoes by every tool: what a message costs, how many there are in a second, memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load.installed import MissingError
from benchmarks.load.runs import FailedError, Seen, serving, taken
from benchmarks.load.tools import ARTILLERY_TOOL, HANGUP, K6, LIMIT, LOCUST, Tool, variables
from benchmarks.measure import Bar

MANY, MORE = (1000, 20), (5000, 10)
"""Connections, and echoes of each."""
ALL, BEST = (HANGUP, LIMIT, *K6, ARTILLERY_TOOL, LOCUST), (HANGUP, LIMIT, *K6)


@dataclass(frozen=True)
class Row:
    """One run: CPU seconds in all and of a start alone, messages a second, memory in bytes."""

    messages: int
    cpu: float
    alone: float
    rate: float
    memory: int

    @property
    def each(self) -> float:
        """CPU seconds of a message, the start-up included."""
        return self.cpu / self.messages

    @property
    def each_without(self) -> float:
        """CPU seconds of a message beyond what the tool takes for one connection with one."""
        return max(self.cpu - self.alone, 1e-9) / self.messages


@dataclass(frozen=True)
class Rows:
    """The runs of all tools in turn, and why a tool has none."""

    size: tuple[int, int]
    of: dict[str, list[Row]]
    missing: dict[str, str]

    def ratio(self, name: str, figure: Callable[[Row], float]) -> float:
        """Give hangup's figure as a multiple of another tool's: the median over the rounds."""
        pairs = zip(self.of[HANGUP.name], self.of[name], strict=True)
        return median(figure(ours) / figure(theirs) for ours, theirs in pairs)

    def best(self, tools: Iterable[Tool], figure: Callable[[Row], float]) -> str:
        """Give which of some tools has the lowest figure; the first when none ran."""
        names = [tool.name for tool in tools]
        ran = [name for name in names if name in self.of]
        return min(ran, key=lambda name: median(map(figure, self.of[name])), default=names[0])


def measure(rounds: int) -> list[Bar]:
    """Print a table for each size; give the bars."""
    many, more = _rounds(rounds, MANY, ALL), _rounds(rounds, MORE, BEST)
    for rows in (many, more):
        _print(rows)
    return [
        _bar(many, many.best(K6, _each), "CPU of a message", _each, 1 / 2),
        _bar(many, ARTILLERY_TOOL.name, "CPU of a message", _each, 1 / 10),
        _bar(many, LOCUST.name, "CPU of a message", _each, 1 / 10),
        _bar(many, many.best(K6, _memory), "peak memory", _memory, 1 / 4),
        _bar(more, more.best(K6, _each), "CPU of a message", _each, 1 / 3),
        _bar(many, LIMIT.name, "CPU of a message", _each, 1 / 0.35),
        _bar(many, LIMIT.name, "CPU of a message without start-up", _each_without, 1 / 0.35),
        _bar(many, LIMIT.name, "time of a message", _time, 1 / 0.35),
    ]


def _each(row: Row) -> float:
    return row.each


def _each_without(row: Row) -> float:
    return row.each_without


def _memory(row: Row) -> float:
    return row.memory


def _time(row: Row) -> float:
    return 1 / row.rate


def _bar(rows: Rows, name: str, what: str, figure: Callable[[Row], float], most: float) -> Bar:
    connections, _ = rows.size
    said = f"{what} at {connections:,} connections beside {name}"
    for needed in (HANGUP.name, name):
        if needed not in rows.of:
            return Bar(said, float("nan"), most, " x", rows.missing[needed])
    return Bar(said, rows.ratio(name, figure), most, " x")


def _rounds(rounds: int, size: tuple[int, int], tools: Sequence[Tool]) -> Rows:
    """Have the tools take turns; who fails once is left out from then on."""
    rows = Rows(size, {tool.name: [] for tool in tools}, {})
    for number in range(rounds + 1):  # in the first one, caches become warm
        for tool in (each for each in tools if each.name in rows.of):
            try:
                row = _row(tool, size)
            except (MissingError, FailedError) as error:
                print(f"{tool.name} is left out: {error}", flush=True)
                rows.missing[tool.name] = str(error)
                del rows.of[tool.name]
            else:
                rows.of[tool.name] += [row] * bool(number)
    return rows


def _row(tool: Tool, size: tuple[int, int]) -> Row:
    tool.have()
    alone, _, _ = _run(tool, (1, 1))
    cpu, memory, seen = _run(tool, size)
    connections, echoes = size
    return Row(connections * echoes, cpu, alone, seen.messages / seen.seconds, memory)


def _run(tool: Tool, size: tuple[int, int]) -> tuple[float, int, Seen]:
    connections, echoes = size
    with serving(tool.also) as server:
        took = taken(tool.command(server.port, connections, echoes), variables(*size))
    seen, whole = server.seen, connections * echoes + tool.also
    if seen.messages != whole:
        raise FailedError(f"{seen.messages:,} of {whole:,} messages were echoed")
    return took.cpu, took.memory, seen


def _print(rows: Rows) -> None:
    connections, echoes = rows.size
    print(f"\n{connections:,} connections, {echoes} echoes of 64 bytes each; medians")
    print(
        f"{'':14} {'messages of':>12} {'without':>9} {'start-up':>9} {'messages':>9} {'memory':>8}"
        f"  {'hangup takes of its':^22}\n"
        f"{'':14} {'a CPU second':>12} {'start-up':>9} {'CPU s':>9} {'a second':>9} {'MB':>8}"
        f"  {'CPU':>6} {'(without)':>9} {'memory':>7}"
    )
    for name, each in rows.of.items():
        print(
            f"{name:14} {median(1 / r.each for r in each):12,.0f}"
            f" {median(1 / r.each_without for r in each):9,.0f}"
            f" {median(r.alone for r in each):9.2f} {median(r.rate for r in each):9,.0f}"
            f" {median(r.memory for r in each) / 1e6:8.1f}  x {_told(rows, name, _each)}"
            f"    x {_told(rows, name, _each_without)}  x {_told(rows, name, _memory)}"
        )


def _told(rows: Rows, name: str, figure: Callable[[Row], float]) -> str:
    if HANGUP.name not in rows.of:
        return "  -"
    return f"{rows.ratio(name, figure):.2f}"
