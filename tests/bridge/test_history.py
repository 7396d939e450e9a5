"""The checker of histories finds each violation that is planted, and nothing else."""

from __future__ import annotations

import pytest
from history import Seen, violations


def healthy() -> dict[str, list[Seen]]:
    def of(run: str, seqs: list[int]) -> list[Seen]:
        last = len(seqs)
        return [
            Seen(seq, run, at, "agent_completed" if at == last else "partial")
            for at, seq in enumerate(seqs, 1)
        ]

    alice = sorted(of("a1", [1, 3, 5]) + of("a2", [2, 4, 6]), key=lambda event: event.seq)
    return {"alice": alice, "bob": of("b1", [1, 2, 3])}


ASKED = {"alice": ["a1", "a2"], "bob": ["b1"]}


def lose(seen: dict[str, list[Seen]]) -> None:
    del seen["alice"][2]


def lose_the_end(seen: dict[str, list[Seen]]) -> None:
    del seen["bob"][-1]


def double(seen: dict[str, list[Seen]]) -> None:
    seen["alice"].insert(2, seen["alice"][1])


def swap(seen: dict[str, list[Seen]]) -> None:
    seen["alice"][1:3] = reversed(seen["alice"][1:3])


def leak(seen: dict[str, list[Seen]]) -> None:
    seen["bob"].append(Seen(4, "a1", 1, "partial"))


def renumber(seen: dict[str, list[Seen]]) -> None:
    event = seen["bob"][1]
    seen["bob"][1] = Seen(event.seq, event.run, 7, event.type)


def go_on(seen: dict[str, list[Seen]]) -> None:
    seen["bob"].append(Seen(4, "b1", 4, "partial"))


def see_nothing(seen: dict[str, list[Seen]]) -> None:
    del seen["bob"]


def test_a_healthy_history_has_no_violation() -> None:
    assert violations(healthy(), ASKED) == []


@pytest.mark.parametrize(
    "plant", [lose, lose_the_end, double, swap, leak, renumber, go_on, see_nothing]
)
def test_a_planted_violation_is_found(plant: object) -> None:
    seen = healthy()
    plant(seen)  # type: ignore[operator]
    assert violations(seen, ASKED)
