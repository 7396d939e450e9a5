"""Each fault of a wire does to the bytes what its name says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hangup.lab.faults import (
    HEAD,
    BitFlip,
    Drip,
    Drop,
    Fault,
    Forget,
    HalfClose,
    Latency,
    Point,
    Reset,
    Stall,
    Truncate,
)
from hangup.lab.peer import Client, listening
from hangup.lab.relay import relay

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SILENCE = 0.15
"""Seconds without a byte after which a wire counts as mute."""


async def _echo(client: Client) -> None:
    while data := await client.reader.read(4096):
        await client.raw(data)
    client.fin()


@contextlib.asynccontextmanager
async def _wire(*faults: Fault) -> AsyncIterator[Wire]:
    async with listening(_echo) as back, listening(relay(back, *faults)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


def _through(talk: Callable[[Wire], Awaitable[bytes]], *faults: Fault) -> bytes:
    async def run() -> bytes:
        async with _wire(*faults) as wire:
            return await talk(wire)

    return asyncio.run(run())


def _say(said: bytes) -> Callable[[Wire], Awaitable[bytes]]:
    """Say something, then the end, and give all that comes back."""

    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        writer.write(said)
        writer.write_eof()
        return await reader.read()

    return talk


def _say_and_wait(said: bytes) -> Callable[[Wire], Awaitable[bytes]]:
    """Say something, and give what comes back until there is silence; it must not be the end."""

    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        writer.write(said)
        heard = b""
        with contextlib.suppress(TimeoutError):
            while True:
                data = await asyncio.wait_for(reader.read(4096), SILENCE)
                assert data
                heard += data
        return heard

    return talk


def _flowing(fault: Fault, *chunks: bytes) -> bytes:
    """Give what becomes of these chunks, without a socket."""

    async def chunked() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> bytes:
        return b"".join([chunk async for chunk in fault.through(chunked())])

    return asyncio.run(run())


def _seconds(*faults: Fault) -> float:
    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        now = asyncio.get_running_loop().time
        began = now()
        writer.write(b"12345")
        await reader.readexactly(5)
        return str(now() - began).encode()

    return float(_through(talk, *faults))


def test_a_wire_without_faults_passes_bytes_and_their_end_on() -> None:
    assert _through(_say(b"hello" * 50_000)) == b"hello" * 50_000


@pytest.mark.parametrize("side", ["client", "server"])
def test_latency_delays_one_direction(side: str) -> None:
    assert 0.5 <= _seconds(Latency(side, 0.5)) < 0.95  # type: ignore[arg-type]


def test_latency_loses_nothing() -> None:
    faults = Latency("client", 0.02), Latency("server", 0.02)
    assert _through(_say(b"abc" * 50_000), *faults) == b"abc" * 50_000


def test_a_drip_gives_so_many_bytes_in_a_second() -> None:
    assert _seconds(Drip("server", 50)) >= 0.1


@pytest.mark.parametrize("fault", [Stall, Drop])
@pytest.mark.parametrize("side", ["client", "server"])
def test_after_the_point_nothing_comes(fault: type[Stall | Drop], side: str) -> None:
    heard = _through(_say_and_wait(b"0123456789"), fault(side, Point(4)))  # type: ignore[arg-type]
    assert heard == b"0123"


def test_a_dropped_direction_takes_all_that_is_sent() -> None:
    async def talk(wire: Wire) -> bytes:
        _, writer = wire
        for _ in range(200):
            writer.write(bytes(100_000))
            await writer.drain()
        return b"taken"

    assert _through(talk, Drop("client")) == b"taken"


def test_a_stalled_direction_fills_the_window() -> None:
    async def talk(wire: Wire) -> bytes:
        _, writer = wire
        writer.write(bytes(50_000_000))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), SILENCE)
        return b"full"

    assert _through(talk, Stall("client")) == b"full"


def test_a_silent_flow_is_forgotten() -> None:
    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        writer.write(b"early")
        heard = await reader.readexactly(5)
        await _silence(reader)
        writer.write(b"late")
        return heard + await _silence(reader)

    assert _through(talk, Forget("client", SILENCE / 2)) == b"early"


async def _silence(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.read(4096), SILENCE)
    except TimeoutError:
        return b""


def test_a_reset_comes_after_so_many_bytes() -> None:
    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        writer.write(b"0123456789")
        heard = await reader.readexactly(4)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        return heard

    assert _through(talk, Reset("server", Point(4))) == b"0123"


def test_truncation_ends_in_order() -> None:
    assert _through(_say(b"0123456789"), Truncate("server", Point(4))) == b"0123"


def test_a_half_close_ends_one_direction_and_leaves_the_other() -> None:
    async def talk(wire: Wire) -> bytes:
        reader, writer = wire
        writer.write(b"0123456789")
        heard = await reader.read()
        for _ in range(100):
            writer.write(bytes(100_000))
            await writer.drain()
        return heard

    assert _through(talk, HalfClose("server", Point(4))) == b"0123"


@pytest.mark.parametrize("place", [0, 3, 5, 9])
def test_a_bit_flips_in_one_byte(place: int) -> None:
    expected = bytearray(b"0123456789")
    expected[place] ^= 0x40
    flip = BitFlip("server", Point(place), 0x40)
    assert _flowing(flip, b"01234", b"56789") == bytes(expected)


def test_no_bit_flips_beyond_the_end() -> None:
    assert _flowing(BitFlip("server", Point(5)), b"01234") == b"01234"


HEADS = [(b"GET /\r\n\r\nabc",), (b"GET /\r\n\r", b"\nabc"), (b"GET /\r\n\r\n", b"a", b"bc")]


@pytest.mark.parametrize("said", HEADS)
def test_a_point_can_be_counted_from_the_end_of_the_head(said: tuple[bytes, ...]) -> None:
    fault = HalfClose("client", Point(2, past_head=True))
    assert _flowing(fault, *said) == b"GET /\r\n\r\nab"


def test_what_follows_the_head_can_be_dropped() -> None:
    assert _through(_say_and_wait(b"HTTP\r\n\r\nabc"), Drop("server", HEAD)) == b"HTTP\r\n\r\n"


def test_faults_compose_in_their_order() -> None:
    faults = BitFlip("server", Point(1), 0x01), Truncate("server", Point(2))
    assert _through(_say(b"0000"), *faults) == b"01"


def test_a_cut_comes_through_a_latency() -> None:
    faults = Truncate("server", Point(2)), Latency("server", 0.01)
    assert _through(_say(b"0123"), *faults) == b"01"
