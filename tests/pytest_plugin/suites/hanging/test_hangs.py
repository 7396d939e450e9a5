"""Each hangs at the line whose comment says so."""

import asyncio
import re
import time
import urllib.request

import pytest

DEADLINE = 0.5


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
@pytest.mark.asyncio
async def test_awaits_for_ever():
    await asyncio.Event().wait()  # here


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
def test_sleeps():
    time.sleep(60)  # here


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
def test_c_keeps_the_lock():
    re.match(r"(a|aa)+$", "a" * 60 + "b")  # here


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
@pytest.mark.asyncio
async def test_swallows_cancellation():
    while True:
        try:
            await asyncio.sleep(60)  # here
        except BaseException:
            continue


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
@pytest.mark.asyncio
async def test_waits_for_an_executor():
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)  # here


async def numbers():
    number = 0
    while True:
        yield (number := number + 1)


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
@pytest.mark.asyncio
async def test_iterates_without_end():
    async for number in numbers():
        assert number  # here


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
def test_reads_what_drips(dripping):
    with urllib.request.urlopen(dripping) as response:
        for line in response:
            assert line  # here


@pytest.mark.websocket(deadline=DEADLINE, opens=False)
def test_a_nested_loop_waits():
    asyncio.run(asyncio.Event().wait())  # here


def test_the_others_go_on():
    assert True
