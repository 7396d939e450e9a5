"""What looks like a fault and is none is left alone; what hides in another place is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from preflight_reading import found, read

HEAD = """import asyncio
import logging
from contextlib import suppress
from fastapi import Depends, FastAPI, Request, WebSocket, WebSocketDisconnect, status

app = FastAPI()

@app.websocket("/ws")
async def chat(websocket: WebSocket):
"""
WELL = {
    "a loop that the disconnect ends": """
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass
""",
    "messages until the disconnect": """
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
""",
    "a registry accepts": """
    await registry.connect(websocket)
    while True:
        await registry.broadcast(await websocket.receive_text())
""",
    "refused before the accept": """
    if "token" not in websocket.query_params:
        await websocket.close(code=status.WS_1008_POLICY_VIOLATION)
        return
    await websocket.accept()
    await websocket.close()
""",
    "a second close that may fail": """
    await websocket.accept()
    await websocket.close()
    with suppress(RuntimeError):
        await websocket.close()
""",
    "a close where it is still open": """
    await websocket.accept()
    text = await websocket.receive_text()
    if text == "bye":
        await websocket.close(1000)
    if text != "bye":
        await websocket.send_text(text)
        await websocket.close()
""",
    "two tasks with the socket": """
    await websocket.accept()
    async def read():
        while True:
            await websocket.receive_text()
    await asyncio.gather(read(), asyncio.sleep(1))
""",
    "a finally that closes": """
    await websocket.accept()
    try:
        if await websocket.receive_text() == "bye":
            return
        await websocket.send_text("hello")
    finally:
        await websocket.close()
""",
    "a broad except that keeps the traceback": """
    await websocket.accept()
    try:
        await websocket.send_text(await websocket.receive_text())
    except Exception:
        logging.error("failed", exc_info=True)
        await websocket.close(1011, "Internal error")
""",
    "a farewell that need not arrive": """
    await websocket.accept()
    try:
        await websocket.send_text("bye")
        await websocket.close()
    except Exception:
        pass
""",
    "the disconnect as a message": """
    await websocket.accept()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            break
        await websocket.send_text(message["text"])
""",
    "an undefined name in a quoted annotation": """
    await websocket.accept()
    value: "Unknown" = 1
    await websocket.close(1000, str(value))
""",
    "blocking in a thread": """
    await websocket.accept()
    import time
    await asyncio.to_thread(time.sleep, 1)
    await websocket.close()
""",
}
FAULTY = {
    "ws-reserved-close-code": """
    await websocket.accept()
    await websocket.close(code=status.WS_1006_ABNORMAL_CLOSURE)
""",
    "ws-close-twice": """
    await websocket.accept()
    try:
        await websocket.send_text("hello")
    except ValueError:
        await websocket.close(1011)
    finally:
        await websocket.close()
""",
    "ws-return-without-close": """
    await websocket.accept()
    while True:
        if await websocket.receive_text() == "bye":
            break
""",
    "ws-unserializable-value": """
    await websocket.accept()
    await websocket.send_json({"state": websocket.client_state})
    await websocket.close()
""",
    "ws-no-accept": """
    if websocket.query_params:
        print("hello")
""",
    "ws-swallowed-send": """
    await websocket.accept()
    while True:
        text = await websocket.receive_text()
        try:
            await websocket.send_text(text)
        except Exception:
            continue
""",
    "ws-auth-without-deadline": """
    await websocket.accept()
    hello = await websocket.receive_json()
    if not authenticate(hello["token"]):
        await websocket.close(1008)
        return
    await websocket.close()

def authenticate(token):
    return token
""",
}


@pytest.mark.parametrize("name", WELL)
def test_what_is_well_has_no_finding(tmp_path: Path, name: str) -> None:
    registry = "class Registry:\n    async def connect(self, ws): ...\n    broadcast = connect\n"
    text = HEAD + WELL[name]
    if "registry" in text:
        text = text.replace("app = FastAPI()", f"app = FastAPI()\n{registry}registry = Registry()")
    assert found(tmp_path, app=text) == []


@pytest.mark.parametrize("rule", FAULTY)
def test_what_is_faulty_is_found(tmp_path: Path, rule: str) -> None:
    assert [each for each, _ in found(tmp_path, app=HEAD + FAULTY[rule])] == [rule]


def test_what_a_handler_leads_to_comes_before_what_it_does_not(tmp_path: Path) -> None:
    body = "    await websocket.accept()\n    await answer()\n    await websocket.close()\n"
    far = "def unused():\n    return missing\n"
    near = "from .aside import unused\nasync def answer():\n    return absent\n"
    text = HEAD.replace("import asyncio", "import asyncio\nfrom near import answer") + body
    look = read(tmp_path, aside=far, app=text, near=near)
    assert [(Path(f.file).stem, f.reachable) for f in look.findings] == [
        ("near", True),
        ("aside", False),
    ]


def test_an_enumeration_of_another_module_is_known(tmp_path: Path) -> None:
    kinds = "from enum import Enum, StrEnum\n"
    kinds += "class Kind(Enum):\n    READY = 'ready'\nclass Name(StrEnum):\n    READY = 'ready'\n"
    body = '    await websocket.accept()\n    await websocket.send_json({"type": KIND.READY})\n'
    body += "    await websocket.close()\n"
    text = HEAD.replace("import asyncio", "import asyncio\nfrom kinds import Kind, Name") + body
    assert found(tmp_path, kinds=kinds, app=text.replace("KIND", "Kind")) == [
        ("ws-unserializable-value", 12)
    ]
    assert found(tmp_path, kinds=kinds, app=text.replace("KIND", "Name")) == []


def test_a_value_is_followed_into_the_function_that_sends_it(tmp_path: Path) -> None:
    body = "    await websocket.accept()\n    await say(websocket, {'at': [datetime.now()]})\n"
    body += "    await websocket.close()\n\nasync def say(websocket: WebSocket, value):\n"
    body += "    await websocket.send_json(value)\n"
    text = HEAD.replace("import asyncio", "import asyncio\nfrom datetime import datetime") + body
    (finding,) = read(tmp_path, app=text).findings
    assert finding.line == 12
    assert finding.message == "JSON cannot hold a datetime, at $.at[0] of what say sends"


@pytest.mark.parametrize(
    "text",
    [
        "import sys\ntext = unicode if sys.version_info[0] == 2 else str\n",
        "globals().update({'given': 1})\ndef f():\n    return given\n",
        "given = 1\ndef f():\n    return given\nf()\ndel given\n",
        "from __future__ import annotations\ndef f(value: Unknown) -> Unknown: ...\n",
        "try:\n    unicode\nexcept NameError:\n    unicode = str\n",
    ],
)
def test_a_name_that_does_not_fail_is_no_finding(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, app="import part\n", part=text) == []


def test_settings_that_are_given_their_names_are_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, app="x = 1\n", settings="c.port = 8000\n") == []


def test_what_is_nested_too_deeply_is_said_and_never_a_crash(tmp_path: Path) -> None:
    body = f"    await websocket.accept(1{' + 1' * 2000})\n    await websocket.close()\n"
    look = read(tmp_path, app=HEAD + body)
    assert look.findings == ()
    assert "nested too deeply" in look.incomplete


def test_installed_and_hidden_folders_are_not_read(tmp_path: Path) -> None:
    for name in ("node_modules", ".git", "mine/lib", "build"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "broken.py").write_text("def", "utf-8")
    (tmp_path / "mine" / "pyvenv.cfg").write_text("", "utf-8")
    look = read(tmp_path, app="x = 1\n")
    assert (look.findings, look.files) == ((), 1)


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", b"# coding: nonsense\n", b"x = '\x00'\n", b"(" * 500, b"def f(:\n"]
)
def test_a_file_that_cannot_be_parsed_is_a_finding(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bad.py").write_bytes(raw)
    assert [rule for rule, _ in found(tmp_path, app="x = 1\n")] == ["py-does-not-parse"]


def test_code_of_a_newer_python_is_not_called_broken(tmp_path: Path) -> None:
    look = read(tmp_path, app="x = f\"{'a\\n'.strip()}\"\n")
    assert look.findings == ()
