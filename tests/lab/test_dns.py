"""The DNS server of the lab speaks the protocol, and says what it is told to say."""

from __future__ import annotations

import asyncio
import struct

import pytest

from hangup.lab.dns import CODES, Answer, Code, Question, Zone, answering, read_question, reply

QUERY = struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0) + b"\x03App\x04test\x00"
A, AAAA = QUERY + b"\x00\x01\x00\x01", QUERY + b"\x00\x1c\x00\x01"
BOTH = Answer(addresses=("127.0.0.1", "::1"))


def asked(zone: Zone, *queries: bytes) -> list[bytes]:
    """Send queries one after the other, and give the answers; an empty one for silence."""

    async def run() -> list[bytes]:
        async with answering(zone) as port:
            return [await _ask(port, query) for query in queries]

    return asyncio.run(run())


async def _ask(port: int, query: bytes) -> bytes:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            heard.put_nowait(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", port))
    try:
        transport.sendto(query)
        return await asyncio.wait_for(heard.get(), 0.2)
    except TimeoutError:
        return b""
    finally:
        transport.close()


def test_a_question_is_read_in_lower_case() -> None:
    assert read_question(A) == Question(77, "app.test", "A", A[12:])


@pytest.mark.parametrize(("query", "address"), [(A, b"\x7f\0\0\1"), (AAAA, bytes(15) + b"\1")])
def test_of_the_addresses_those_asked_for_are_told(query: bytes, address: bytes) -> None:
    (told,) = asked({"app.test": (BOTH,)}, query)
    assert struct.unpack_from("!HHHH", told) == (77, 0x8580, 1, 1)
    assert told.endswith(struct.pack("!H", len(address)) + address)


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_told(code: Code) -> None:
    told = reply(read_question(A), Answer(code=code))
    assert told[3] & 0x0F == CODES.index(code)


def test_an_unknown_name_does_not_exist() -> None:
    (told,) = asked({}, A)
    assert told[3] & 0x0F == CODES.index("no-such-name")


def test_answers_are_given_in_turn_to_each_kind() -> None:
    zone = {"app.test": (Answer(code="refused"), BOTH)}
    codes = [told[3] & 0x0F for told in asked(zone, A, AAAA, A, A)]
    assert codes == [5, 5, 0, 5]


def test_a_silent_kind_gets_no_answer() -> None:
    zone = {"app.test": (Answer(addresses=("127.0.0.1",), silent=("AAAA",)),)}
    quiet, told = asked(zone, AAAA, A)
    assert quiet == b""
    assert told


def test_an_answer_can_be_late() -> None:
    assert asked({"app.test": (Answer(after=0.5),)}, A) == [b""]
