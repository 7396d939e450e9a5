"""`hangup explain` with a capture of packets: what is judged, and what is said of the rest."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from wiretap import ACK, PSH, Tap, closing, masked, opened, text

from hangup.__main__ import main
from hangup.framing import Opcode

HTTPS = ("192.0.2.2", 443)
CLIENT_HELLO = b"\3\3" + bytes(range(32)) + b"\0\0\2\x13\1\1\0"
SERVER_HELLO = b"\3\3" + bytes(32) + b"\0\x13\1\0\0\6\0\x2b\0\2\3\4"


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give the exit status, stdout and stderr of `hangup explain` for a capture."""

    def run(tap: Tap | bytes, *args: str) -> tuple[int, str, str]:
        path = tmp_path / "a.pcap"
        path.write_bytes(tap if isinstance(tap, bytes) else tap.pcap())
        status = main(["explain", str(path), *args])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def handshake(kind: int, body: bytes) -> bytes:
    message = bytes((kind,)) + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


def crashed(tap: Tap, **places: object) -> None:
    connection = opened(tap, **places)
    connection.say(False, closing(1011, "boom"))
    connection.say(True, masked(closing(1011, "boom")[2:], Opcode.CLOSE))
    connection.fin(False)
    connection.fin(True)


def encrypted(tap: Tap) -> None:
    connection = tap.connection(server=HTTPS).open()
    connection.say(True, handshake(1, CLIENT_HELLO))
    connection.say(False, handshake(2, SERVER_HELLO) + b"\x17\3\3\0\x20" + bytes(32))
    tap.now += 60 * 10**9
    connection.fin(False)
    connection.fin(True)


def test_what_the_server_ended_is_judged(explain: Any) -> None:
    tap = Tap()
    crashed(tap)
    status, out, _ = explain(tap, "--json")
    document = json.loads(out)
    assert (status, document["verdict"], document["closure"]["code"]) == (1, "fault", 1011)
    assert document["notes"] == [
        "p1: 192.0.2.1:50000 to 192.0.2.2:80: close 1011 'boom' by the server, then close 1011"
        " 'boom' by the client, then FIN by the server, then FIN by the client, open for 1 ms,"
        " 1 ms after the 101."
    ]


@pytest.mark.parametrize(
    ("code", "said"), [(1000, "1000"), (1001, "1001"), (None, "without a code"), (4001, "4001")]
)
def test_a_client_that_left_is_said_to_have_hung_up(
    explain: Any, code: int | None, said: str
) -> None:
    tap = Tap()
    connection = opened(tap)
    payload = b"" if code is None else code.to_bytes(2, "big")
    connection.say(True, masked(payload, Opcode.CLOSE))
    connection.say(False, b"\x88" + bytes((len(payload),)) + payload)
    connection.fin(False)
    status, out, _ = explain(tap, "--json")
    document = json.loads(out)
    assert (status, document["verdict"]) == (3, "inconclusive")
    expected = f"The client hung up: 192.0.2.1:50000 to 192.0.2.2:80: close {said} by the client,"
    assert document["summary"].startswith(expected)


def test_a_connection_that_nobody_ended_is_said_to_be_open(explain: Any) -> None:
    tap = Tap()
    opened(tap).say(False, text("hello"))
    _, out, _ = explain(tap, "--json")
    assert json.loads(out)["summary"].startswith("Nobody hung up while it was captured: 192.0.2.1")


def test_a_server_that_takes_nothing_any_more_is_judged_to_be_gone(explain: Any) -> None:
    tap = Tap()
    connection = opened(tap)
    connection.say(True, masked(b"are you there?"))
    again = connection.packet(True, PSH | ACK, masked(b"are you there?"), back=20)
    for seconds in (1, 2, 4, 8):
        tap.add(again, tap.now + seconds * 10**9)
    _, out, _ = explain(tap, "--json")
    document = json.loads(out)
    assert document["experiments"][0]["outcome"].startswith(
        "open, but an acknowledgement of what was sent never came"
    )
    assert "acknowledges nothing that the client sent 5 times" in document["notes"][0]


def test_what_the_capture_lacks_is_not_judged(explain: Any) -> None:
    tap = Tap()
    connection = opened(tap)
    connection.next[False] += 20
    connection.say(False, closing(1011))
    connection.fin(False)
    status, out, _ = explain(tap, "--json")
    assert status == 3
    summary = json.loads(out)["summary"]
    assert summary.startswith("It could not be read to its end (bytes of it are not in the cap")


def test_encrypted_connections_say_what_they_show_and_what_would_show_more(explain: Any) -> None:
    tap = Tap()
    encrypted(tap)
    status, out, _ = explain(tap, "--json")
    document = json.loads(out)
    assert status == 3
    assert document["summary"] == (
        "No WebSocket could be read. 192.0.2.1:50000 to 192.0.2.2:443: TLSv1.3, and no key log has"
        " its secrets; 50 bytes sent and 92 received in 60 s; FIN by the server, then FIN by the"
        " client, 60 s after the last byte, which the server sent."
    )
    assert "--keylog FILE" in document["next_steps"][0]


def test_encrypted_connections_are_notes_beside_what_could_be_read(explain: Any) -> None:
    tap = Tap()
    crashed(tap)
    encrypted(tap)
    status, out, _ = explain(tap, "--json")
    notes = json.loads(out)["notes"]
    assert status == 1
    assert notes[1].startswith("Not read: 192.0.2.1:50000 to 192.0.2.2:443: TLSv1.3, and no key")


def test_a_key_log_of_others_is_said_to_be_of_no_use(explain: Any, tmp_path: Path) -> None:
    tap, keys = Tap(), tmp_path / "keys.log"
    encrypted(tap)
    keys.write_text(f"# a comment\nCLIENT_RANDOM {'ab' * 32} {'cd' * 48}\n")
    _, out, _ = explain(tap, "--json", "--keylog", str(keys))
    assert json.loads(out)["notes"][0] == (
        f"No secret in {keys} is of a connection in this capture."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"", "holds no secret of TLS in the format of NSS"),
        (b"\xff\xfe\0 \n" * 3, "holds no secret of TLS in the format of NSS"),
        (b"CLIENT_RANDOM 12 34\nA B C\n", "holds no secret of TLS in the format of NSS"),
    ],
)
def test_a_key_log_that_is_none_is_refused(
    explain: Any, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    keys = tmp_path / "keys.log"
    if content is not None:
        keys.write_bytes(content)
    status, out, err = explain(Tap(), "--keylog", str(keys))
    assert (status, out) == (2, "")
    assert err == f"hangup: --keylog: '{keys}' {sentence}\n"


def test_a_key_log_without_a_capture_is_refused(explain: Any, tmp_path: Path) -> None:
    status, _, err = explain(b"{}", "--keylog", str(tmp_path / "keys.log"))
    assert status == 2
    assert err.startswith("hangup: --keylog: it is of use with a capture, and ")


def test_a_compressed_file_is_named_so(explain: Any) -> None:
    status, _, err = explain(gzip.compress(Tap().pcap()))
    assert (status, err.endswith(": it is compressed: gunzip it first\n")) == (2, True)


def test_several_urls_are_told_one_after_the_other(explain: Any) -> None:
    tap = Tap()
    crashed(tap, target=b"/a")
    crashed(tap, target=b"/b", client=("192.0.2.1", 50_001))
    _, out, _ = explain(tap)
    assert out.count("FAULT") == 2
    status, _, err = explain(tap, "--json")
    assert status == 2
    assert err.startswith("hangup: --url: choose one of 2: ws://a.example/a, ws://a.example/b\n")
    status, _, err = explain(tap, "--json", "--url", "elsewhere")
    assert (status, err.count("\n")) == (2, 1)


def test_a_capture_comes_from_stdin_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tap = Tap()
    crashed(tap)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(tap.pcapng())))
    assert main(["explain", "-", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["closure"]["reason"] == "boom"


def test_a_capture_with_nothing_in_it_gets_one_sentence(explain: Any) -> None:
    status, out, err = explain(Tap())
    assert (status, out) == (2, "")
    assert err.endswith("a.pcap: there is no packet in it\n")
