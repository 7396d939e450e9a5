from __future__ import annotations

import pytest

from hangup.report.units import code_name, count, duration, percent, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.00042, "0.4 ms"),
        (0.0031, "3 ms"),
        (0.2504, "250 ms"),
        (0.9999, "1 s"),
        (2.54, "2.5 s"),
        (60.2, "60 s"),
        (200, "3 min 20 s"),
        (600, "10 min"),
        (7500, "2 h 5 min"),
        (-1, "0 ms"),
    ],
)
def test_durations_have_the_unit_that_keeps_them_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_fine_durations_keep_a_tenth_of_a_millisecond() -> None:
    assert duration(0.0031, fine=True) == "3.1 ms"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1011, "internal error"),
        (1014, "bad gateway"),
        (2500, "unassigned in the protocol's range"),
        (3999, "a library's or framework's own code"),
        (4001, "the application's own code"),
        (401, "outside every range of RFC 6455"),
    ],
)
def test_codes_are_named_by_the_registry_or_their_range(code: int, name: str) -> None:
    assert code_name(code) == name


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.97, "97 %"), (0.9999, "over 99 %"), (1, "100 %"), (0.001, "under 1 %"), (0, "0 %")],
)
def test_near_certainty_is_not_rounded_to_certainty(share: float, text: str) -> None:
    assert percent(share) == text


def test_sizes_and_counts_are_inflected() -> None:
    assert [size(1), size(900), size(16384), size(1 << 20)] == [
        "1 byte",
        "900 bytes",
        "16.0 KiB",
        "1.0 MiB",
    ]
    assert [count(1, "frame"), count(0, "frame")] == ["1 frame", "0 frames"]
