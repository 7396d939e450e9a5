"""The client for pages does what only it has to: no reading is paused there, and pages sleep."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conforming import NATIVE, NODE_MODULES, ROOT, TYPESCRIPT, Sightings, typescript
from live import bridge, cut, play, publish
from scripted_bridge import scripted

from hangup.bridge import Bridge
from hangup.lab.servers import node

FOLDER = Path(__file__).parent
COMPILER = NODE_MODULES / "typescript" / "bin" / "tsc"
EVENTS = [{"event": seq} for seq in range(1, 10)]
WELCOME: dict[str, Any] = {"welcome": {}}


def run_node(*arguments: str | Path) -> str:
    if COMPILER in arguments and not COMPILER.is_file():
        pytest.fail("TypeScript is not installed; install it with: make test", pytrace=False)
    ran = subprocess.run(
        [node(), *arguments], capture_output=True, text=True, timeout=50, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def meet(
    connections: list[dict[str, Any]], sees: int, **wanted: Any
) -> tuple[Sightings, list[int | str]]:
    """Play a scenario with the client, and give what it saw: numbers, or what else it was."""

    async def scene() -> Sightings:
        async with scripted(connections) as (server, url), typescript(url, wanted) as sightings:
            async with asyncio.timeout(20):
                await server.done
            await sightings.until(sees)
        return sightings

    sightings = asyncio.run(scene())
    return sightings, [item.get("seq") or json.dumps(item) for item in sightings.items]


@pytest.mark.timeout(120)
def test_what_is_committed_is_what_the_sources_give(tmp_path: Path) -> None:
    run_node(COMPILER, "--project", TYPESCRIPT, "--outDir", tmp_path)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in (TYPESCRIPT / "dist").iterdir()}
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == []


@pytest.mark.timeout(120)
def test_its_pages_show_what_compiles(tmp_path: Path) -> None:
    pages = (TYPESCRIPT / "README.md", ROOT / "docs" / "howto" / "carry-events.md")
    blocks = [
        block
        for page in pages
        for block in re.findall(r"^```ts\n(.*?)^```", page.read_text(), re.M | re.S)
    ]
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.mts").write_text(block)
    options = json.loads((TYPESCRIPT / "tsconfig.json").read_text())["compilerOptions"]
    package = {"hangup-bridge": [f"{TYPESCRIPT}/dist/index.d.ts"]}
    options |= {"rootDir": "/", "noEmit": True, "noUnusedLocals": False, "paths": package}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))
    assert len(blocks) == 3
    assert run_node(COMPILER, "--project", tmp_path) == ""


def test_it_comes_back_when_the_table_says() -> None:
    table = FOLDER / "pauses.json"
    found = json.loads(
        run_node(FOLDER / "typescript_pauses.mjs", TYPESCRIPT / "dist" / "pauses.js", table)
    )
    assert found == {row["name"]: row["pauses"] for row in json.loads(table.read_text())}


def test_when_the_application_is_behind_it_leaves_and_comes_back_later() -> None:
    connections = [
        {"script": [WELCOME, *EVENTS[:7], {"closed": 4413}]},
        {
            "asks": {"after": "4"},
            "script": [WELCOME, *EVENTS[3:7], {"hear": {"type": "ack", "seq": 7}}],
        },
    ]
    sightings, seen = meet(connections, 7, rests_at=1, ahead=4)
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert sightings.place == ["e", 7]


def test_an_event_that_is_being_handled_is_not_acknowledged() -> None:
    connections = [
        {"script": [WELCOME, *EVENTS[:4], {"hear": {"type": "ack", "seq": 2}}, {"abort": True}]},
        {"script": [WELCOME, {"hear": {"type": "ack", "seq": 4}}]},
    ]
    sightings, seen = meet(connections, 4, rests_at=3)
    assert seen == [1, 2, 3, 4]
    assert sightings.place == ["e", 4]


def test_an_application_that_fails_ends_it_and_the_event_does_not_count() -> None:
    connections = [{"script": [WELCOME, *EVENTS[:3], {"closed": 1000}]}]
    sightings, seen = meet(connections, 3, fails_at=2)
    failed = {"gave_up": 1000, "why": "Error: a bug of the application"}
    assert seen == [1, 2, json.dumps(failed)]
    assert sightings.place == ["e", 1]


def test_an_application_that_closes_hears_nothing_more() -> None:
    connections = [{"script": [WELCOME, {"events": [1, 2, 3]}, {"closed": 1000}]}]
    assert meet(connections, 2, closes_at=2)[1] == [1, 2]


@pytest.mark.parametrize("wakes", ["online", "visible"])
def test_a_page_that_wakes_up_waits_no_longer(wakes: str) -> None:
    connections = [{"script": [{"abort": True}]}, {"script": [WELCOME, EVENTS[0]]}]
    assert meet(connections, 1, wakes=wakes, page=True, random=60)[1] == [1]


def test_a_page_that_wakes_up_leaves_the_server_the_pause_it_asked_for() -> None:
    connections = [
        {"script": [{"close": [1012, "retry-after=0.5"]}]},
        {"waited": 0.5, "script": [WELCOME, EVENTS[0]]},
    ]
    assert meet(connections, 1, wakes="online", random=60)[1] == [1]


@pytest.mark.parametrize("carrier", ["message", "query"])
def test_a_credential_may_travel_elsewhere(carrier: str) -> None:
    login = [{"hear": {"type": "login", "token": "t 1"}}] if carrier == "message" else []
    asks = {"token": "t 1"} if carrier == "query" else {"token": ""}
    connections = [{"asks": asks, "script": [*login, WELCOME, EVENTS[0]]}]
    assert meet(connections, 1, token_in=carrier, tokens=["t 1"])[1] == [1]


def test_it_says_in_which_state_it_is() -> None:
    connections = [{"script": [WELCOME, {"abort": True}]}, {"script": [{"close": [4403, ""]}]}]
    sightings, _ = meet(connections, 5, states=True)
    states = [item["state"] for item in sightings.items if "state" in item]
    assert states == ["open", "waiting", "connecting", "ended"]


def test_what_cannot_be_sent_is_refused() -> None:
    connections = [{"script": [WELCOME, EVENTS[0]]}]
    _, seen = meet(connections, 2, says_at_once={"type": "say"})
    assert seen == ['{"unsent": "NotConnectedError"}', 1]


def test_it_stands_on_the_websocket_that_node_has() -> None:
    has_one = subprocess.run([node(), *NATIVE, "--eval", "0"], capture_output=True, check=False)
    if has_one.returncode:
        pytest.skip("Node before 20 has no WebSocket")
    connections = [
        {"asks": {"token": "t1"}, "script": [{"close": [4401, "expired"]}]},
        {"asks": {"token": "t2"}, "script": [WELCOME, *EVENTS[:2], {"abort": True}]},
        {"asks": {"after": "2"}, "script": [WELCOME, EVENTS[3], {"closed": 4410}]},
        {"script": [WELCOME, *EVENTS[2:4], {"binary": "00"}, {"closed": 4400}]},
        {"refuse": [503, {}]},
        {
            "asks": {"after": "4"},
            "script": [WELCOME, EVENTS[4], {"hear": {"type": "ack", "seq": 5}}],
        },
    ]
    assert meet(connections, 5, native=True)[1] == [1, 2, 3, 4, 5]


def test_without_a_websocket_it_says_what_is_missing() -> None:
    module = json.dumps(str(TYPESCRIPT / "dist" / "index.js"))
    program = f"""
        delete globalThis.WebSocket;
        const {{ BridgeClient }} = await import({module});
        try {{
          new BridgeClient("ws://127.0.0.1:9/", {{ token: "t" }});
        }} catch (error) {{
          console.log(error.message);
        }}"""
    said = run_node("--input-type=module", "--eval", program)
    assert said == "there is no WebSocket here: give that of ws as an option\n"


@pytest.mark.timeout(90)
def test_cut_again_and_again_it_hears_everything_once() -> None:
    wanted = {"from_start": True, "tokens": ["alice"], "ahead": 100}

    async def scene(app: Bridge, url: str) -> None:
        async with typescript(url, wanted) as sightings:
            cuts = 0
            for number in range(50, 601, 50):
                publishing = asyncio.ensure_future(publish(app, 50))
                await sightings.until(number - 40)
                cuts += app.sessions
                cut(app)
                await publishing
            await sightings.until(600)
        assert cuts >= 12
        assert [item["seq"] for item in sightings.items] == list(range(1, 601))

    play(scene, bridge())
