"""The page: what each view costs with 100,000 connections, failures and looks kept, and with few.

Processor time of the whole process, since an answer is hardly anything else, and that a machine
does other things meanwhile does not lengthen it. The time by the clock stands beside it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from starlette.testclient import TestClient

from benchmarks.measure import Bar, interleaved

TESTS = Path(__file__).parents[1] / "tests"
MOST_MS = 100.0


def measure(rounds: int) -> list[Bar]:
    """Print the table; each view has its bar."""
    sys.path[:0] = [str(TESTS / folder) for folder in ("", "ui", "report", "load_report", "store")]
    from many_kept import VIEWS, fill_many  # here: stores are filled as the tests fill them
    from ui_pages import asked
    from ui_stores import fill

    with tempfile.TemporaryDirectory() as folder:
        full, few = Path(folder) / "full", Path(folder) / "few"
        full.mkdir()
        few.mkdir()
        many, some = asked(fill_many(full)), asked(fill(few))
        print(f"{'':{26}}  {'full':>8}  {'by clock':>8}  {'few':>8}  ratio")
        return [_view(name, path, many, some, rounds) for name, path in VIEWS.items()]


def _view(name: str, path: str, many: TestClient, some: TestClient, rounds: int) -> Bar:
    clock: list[float] = []
    peers = {
        "full": _asking(many, path, clock),
        # What the few have no such page of is answered by their list.
        "few": _asking(some, path if some.get(path).status_code == 200 else _list(path), []),
    }
    values = interleaved(peers, rounds)
    full, few = median(values["full"]), median(values["few"])
    print(f"{name:26}  {full:5.1f} ms  {median(clock):5.1f} ms  {few:5.1f} ms  x {full / few:.1f}")
    return Bar(f"{name}, of full stores", full, MOST_MS, " ms")


def _list(path: str) -> str:
    return "/" + path.split("?")[0].split("/")[1].replace("compare", "runs")


def _asking(client: TestClient, path: str, clock: list[float]) -> Callable[[], float]:
    def ask() -> float:
        began, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        took = time.process_time() - worked
        clock.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
        return took * 1000

    return ask
