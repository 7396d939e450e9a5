"""A token is in no output, wherever it travels and however the server says it back."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

import pytest

from . import hostile, peers
from .conftest import StartPeer
from .program import hangup

PLAIN = "s3cr3tT0kenQ7vXw9kLm"
ODD = 's3cr3t/T0ken+Q7="vX&w9k<Lm>%2F\\é'
JWT = (
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJoYW5ndXAtdGVzdGVyIiwibiI6MTIzNDU2Nzg5MH0"
    ".Q7vXw9kLmZ3rT5yU8iO0pA2sD4fG6hJ1"
)
CARRIED = {
    "header": (("--token-in", "header"), JWT),
    "named header": (("--token-in", "header", "--token-name", "X-My-Own"), PLAIN),
    "query": (("--token-in", "query"), ODD),
    "subprotocol": (("--token-in", "subprotocol", "--token-name", "jwt."), JWT),
    "cookie": (("--token-in", "cookie"), PLAIN),
    "message": (("--token-in", "message"), ODD),
}
MIRRORS = (hostile.mirror, hostile.refusing_mirror, hostile.closing_mirror)
REPORTS = ("a.html", "a.md", "a.json", "a.xml")
PIECE = 8
"""Characters of a token in a row that count as having let a part of it out."""


@pytest.mark.parametrize("carrier", CARRIED)
@pytest.mark.parametrize("play", MIRRORS, ids=lambda play: play.__name__)
def test_a_token_is_in_no_output(
    peer: StartPeer, tmp_path: Path, play: peers.Play, carrier: str
) -> None:
    where, token = CARRIED[carrier]
    outputs = _outputs(peer(play).url, tmp_path, ".py", "--token", token, *where)
    assert _found(outputs, _forms(token)) == []


@pytest.mark.parametrize("reproducer", [".sh", ".md"])
def test_a_token_is_in_no_reproducer(peer: StartPeer, tmp_path: Path, reproducer: str) -> None:
    where = ["--token", ODD, "--token-in", "query"]
    outputs = _outputs(peer(hostile.refusing_mirror).url, tmp_path, reproducer, *where)
    assert _found(outputs, _forms(ODD)) == []


@pytest.mark.parametrize("reproducer", [".py", ".sh", ".md"])
@pytest.mark.parametrize(
    "message", ['{"type": "login", "password": "%s"}', "CONNECT\nlogin:me\npasscode:%s\n\n"]
)
def test_a_credential_that_a_message_names_is_in_no_output(
    peer: StartPeer, tmp_path: Path, reproducer: str, message: str
) -> None:
    said = ("--send", message % PLAIN)
    outputs = _outputs(peer(hostile.closing_mirror).url, tmp_path, reproducer, *said)
    assert _found(outputs, _forms(PLAIN)) == []


@pytest.mark.parametrize("reproducer", [".py", ".sh", ".md"])
def test_a_credential_in_what_is_said_to_find_out_more_is_in_no_output(
    peer: StartPeer, tmp_path: Path, reproducer: str
) -> None:
    resume = json.dumps({"type": "resume", "password": PLAIN, "from": 0}).replace("0}", "{last}}")
    other = json.dumps({"type": "else", "password": PLAIN[::-1]})
    said = ("--send", '{"type": "start"}', "--resume", resume, "--differently", other)
    url = peer(hostile.counting_mirror).url
    outputs = _outputs(url, tmp_path, reproducer, *said, budget="12")
    assert b'"resume"' in outputs["payloads"]
    assert b'"else"' in outputs["payloads"]
    assert _found(outputs, [*_forms(PLAIN), *_forms(PLAIN[::-1])]) == []


def test_a_second_user_s_token_is_in_no_output(peer: StartPeer, tmp_path: Path) -> None:
    tokens = ["--token", PLAIN, "--other-token", JWT]
    outputs = _outputs(peer(hostile.refusing_mirror).url, tmp_path, ".py", *tokens)
    assert _found(outputs, _forms(JWT)) == []


def test_a_token_that_is_broken_on_purpose_lets_out_no_part_of_the_true_one(
    peer: StartPeer, tmp_path: Path
) -> None:
    where = ["--token", PLAIN, "--token-in", "query"]
    outputs = _outputs(peer(hostile.refusing_mirror).url, tmp_path, ".md", *where)
    assert _found(outputs, _pieces(PLAIN)) == []


def _outputs(
    url: str, folder: Path, reproducer: str, *args: str, budget: str = "2"
) -> dict[str, bytes]:
    """Run, and give all that was written, by name, and the traces' payloads decoded."""
    files = [arg for name in REPORTS for arg in ("--report", str(folder / name))]
    files += ["--save", str(folder / "a.ndjson"), "--reproducer", str(folder / f"bug{reproducer}")]
    run = hangup(url, *args, *files, "--json", "-v", "--budget", budget)
    assert run.status in (0, 1, 3), run.stderr
    outputs = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(outputs) == len(REPORTS) + 2
    payloads = b"\n".join(_payloads(outputs["a.ndjson"]))
    return {**outputs, "stdout": run.stdout, "stderr": run.stderr, "payloads": payloads}


def _found(outputs: dict[str, bytes], forms: Iterable[bytes]) -> list[tuple[str, bytes]]:
    wanted = set(forms)
    return [(name, form) for name, raw in outputs.items() for form in wanted if form in raw]


def _forms(token: str) -> Iterator[bytes]:
    """Give what a token looks like in text, URLs, JSON, HTML and base64 at each of its offsets."""
    raw = token.encode()
    yield from (raw, quote(raw).encode(), quote(raw, safe="").encode(), quote_plus(raw).encode())
    yield from (quote(raw, safe="").lower().encode(), raw.hex().encode())
    yield from (json.dumps(token)[1:-1].encode(), json.dumps(token, ensure_ascii=False).encode())
    yield token.encode("unicode_escape")
    yield token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            inner = encode(bytes(offset) + raw)[4 if offset else 0 :]
            yield inner.rstrip(b"=")[: len(inner) // 4 * 4 - 4]


def _pieces(token: str) -> Iterator[bytes]:
    yield from (token[at : at + PIECE].encode() for at in range(len(token) - PIECE + 1))


def _payloads(ndjson: bytes) -> Iterator[bytes]:
    """Give every text of the traces as it would read once base64 and percent forms are undone."""
    for line in ndjson.splitlines():
        for text in _texts(json.loads(line)):
            yield unquote(text).encode()
            if re.fullmatch(r"[A-Za-z0-9+/]{8,}={0,2}", text):
                try:
                    yield base64.b64decode(text)
                except binascii.Error:
                    continue


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
