"""Changes an input at random, without knowing what coverage it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

ODD = (b"\0", b"\xff", b"\r\n", b"\n", b"\x1b[31m", b"\xe2\x80\xae", b"9" * 4400, b"-1", b"1e999")
ODD += (b"\xc2\xb2", b"\xed\xa0\x80", b"\\ud800", b"{", b"[", b'"', b"'", b"%", b"&#x41;", b":")


def mutated(data: bytes, most: int, words: Sequence[bytes], random: Random) -> bytes:
    """Give an input that differs in a few places, at most so many bytes long."""
    raw = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        _CHANGES[random.randrange(len(_CHANGES))](raw, words, random)
        del raw[most:]
    return bytes(raw)


def pumped(data: bytes, most: int, random: Random) -> bytes:
    """Give an input in which a part stands again and again: what makes an expression backtrack."""
    begin, end = _slice(data, random)
    part = data[begin:end] or b"a"
    times = max(1, (most - len(data)) // len(part))
    return (data[:begin] + part * times + data[end:])[:most]


def _slice(data: bytes | bytearray, random: Random) -> tuple[int, int]:
    begin = random.randrange(len(data) + 1)
    return begin, min(len(data), begin + 1 + int(random.expovariate(1 / 8)))


def _flip(raw: bytearray, words: Sequence[bytes], random: Random) -> None:
    if raw:
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)


def _write(raw: bytearray, words: Sequence[bytes], random: Random) -> None:
    at = random.randrange(len(raw) + 1)
    raw[at:at] = random.choice((*ODD, *words))


def _cut(raw: bytearray, words: Sequence[bytes], random: Random) -> None:
    begin, end = _slice(raw, random)
    del raw[begin:end]


def _copy(raw: bytearray, words: Sequence[bytes], random: Random) -> None:
    begin, end = _slice(raw, random)
    at = random.randrange(len(raw) + 1)
    raw[at:at] = raw[begin:end] * random.choice((1, 2, 20))


def _end(raw: bytearray, words: Sequence[bytes], random: Random) -> None:
    del raw[random.randrange(len(raw) + 1) :]


_CHANGES = (_flip, _write, _cut, _copy, _end)
