"""TLS in a capture: opened where its secrets are known, else told from outside."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest
import trustme
from overheard import only, overheard_probe, read
from wiretap import ASK, SWITCH, Tap, closing, masked, text

from hangup.ending import ending_of
from hangup.endpoint import Tls
from hangup.event import FrameReceived, StreamEnded, TlsEstablished, TlsFailed
from hangup.trace import Trace
from hangup.vantage.pcap.capture import Capture
from hangup.vantage.pcap.tls.ciphers import SUITES, Opener, expanded, opener, updated
from hangup.vantage.pcap.tls.records import HANDSHAKE, Record
from probe.peer import Action, fin, half_close, hear, request, reset, say, stay, upgraded

BOOM = closing(1011, "boom")
CLOSED = (upgraded(), say(text("x" * 40_000)), say(BOOM), hear(6), fin())
VERSIONS = {
    "TLSv1.3": (ssl.TLSVersion.TLSv1_3, ""),
    "AES-256": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    "AES-128": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    "ChaCha20": (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
}


class Authority:
    """Gives servers their certificates, and clients the settings that trust them."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(folder / "ca.pem")
        self.trusted = Tls(ca_file=str(folder / "ca.pem"))

    def server(
        self, version: ssl.TLSVersion | None = None, ciphers: str = "", name: str = "127.0.0.1"
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(name).configure_cert(context)
        if version:
            context.minimum_version = context.maximum_version = version
        if ciphers:
            context.set_ciphers(ciphers)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def key_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every client of Python writes its secrets."""
    path = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(path))
    return path


async def wait(session: object) -> None:
    await session.listen(0.5)


async def speak(session: object) -> None:
    await session.send("hello")
    await session.listen(0.5)


def overhear(
    *actions: Action,
    tls: ssl.SSLContext | None,
    client: Tls,
    patience: float = 1.0,
    script: object = wait,
) -> tuple[Trace, Tap]:
    return overheard_probe(
        *actions, script=script, tls=tls, secure=True, patience=patience, client_tls=client
    )


def opened(tap: Tap, key_log: Path) -> Capture:
    return read(tap.pcap(nano=True), key_log.read_bytes().splitlines())


@pytest.mark.parametrize("suite", VERSIONS)
def test_what_is_said_under_tls_is_read(suite: str, authority: Authority, key_log: Path) -> None:
    trace, tap = overhear(*CLOSED, tls=authority.server(*VERSIONS[suite]), client=authority.trusted)
    told = only(opened(tap, key_log))
    assert ending_of(told.trace).same_as(ending_of(trace))
    ours, theirs = told.trace.first(TlsEstablished), trace.first(TlsEstablished)
    assert ours
    assert theirs
    fields = ("version", "cipher", "alpn", "offered_alpn", "chain")
    assert [getattr(ours, f) for f in fields] == [getattr(theirs, f) for f in fields]
    assert [e.size for e in told.trace.all(FrameReceived)] == [40_000, 6]
    assert told.trace.url == trace.url
    end, known = told.trace.first(StreamEnded), trace.first(StreamEnded)
    assert (end and end.close_notify) == (known and known.close_notify)


def test_the_secrets_can_stand_in_the_capture(authority: Authority, key_log: Path) -> None:
    _, tap = overhear(*CLOSED, tls=authority.server(), client=authority.trusted)
    told = only(read(tap.pcapng(secrets=key_log.read_bytes())))
    assert ending_of(told.trace).kind == "closed-1011-reason"


ENDINGS: dict[str, tuple[Action, ...]] = {
    "close_notify and FIN": (upgraded(), fin()),
    "FIN without close_notify": (upgraded(), half_close()),
    "no answer to a close": (upgraded(), stay()),
    "a refusal": (request(), say(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), stay()),
    "an end before any answer": (request(), fin()),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_ends_under_tls_are_those_that_the_probe_saw(
    name: str, authority: Authority, key_log: Path
) -> None:
    trace, tap = overhear(*ENDINGS[name], tls=authority.server(), client=authority.trusted)
    told = only(opened(tap, key_log))
    assert ending_of(told.trace).kind == ending_of(trace).kind
    end, known = told.trace.first(StreamEnded), trace.first(StreamEnded)
    assert (end and end.close_notify) == (known and known.close_notify)


def test_a_reset_under_tls_is_told(authority: Authority, key_log: Path) -> None:
    trace, tap = overhear(
        upgraded(),
        hear(11),
        reset(),
        tls=authority.server(),
        client=authority.trusted,
        script=speak,
    )
    assert ending_of(only(opened(tap, key_log)).trace).kind == ending_of(trace).kind == "rst"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_refuses_the_certificate_is_told(
    version: ssl.TLSVersion, authority: Authority, key_log: Path
) -> None:
    trace, tap = overhear(tls=authority.server(version), client=Tls())
    told = only(read(tap.pcap(), key_log.read_bytes().splitlines() if key_log.exists() else ()))
    assert ending_of(told.trace).kind == ending_of(trace).kind == "tls-untrusted"
    assert "the client sent the TLS alert 'unknown ca'" in told.account


def test_a_certificate_of_another_name_is_seen_behind_the_alert(authority: Authority) -> None:
    server = authority.server(ssl.TLSVersion.TLSv1_2, name="other.example")
    trace, tap = overhear(tls=server, client=authority.trusted)
    told = only(read(tap.pcap()))
    assert ending_of(told.trace).kind == ending_of(trace).kind == "tls-name"


def test_an_answer_that_is_no_tls_is_told(authority: Authority) -> None:
    answer = (hear(5), say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), stay())
    trace, tap = overhear(*answer, tls=None, client=authority.trusted)
    told = only(read(tap.pcap()))
    assert ending_of(told.trace).kind == ending_of(trace).kind == "tls-not-tls"
    failed = told.trace.first(TlsFailed)
    assert failed
    assert failed.peer_bytes.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(("actions", "kind"), [((hear(5), fin()), "tls-ended"), ((stay(),), "")])
def test_a_handshake_that_gets_no_answer_is_told(
    actions: tuple[Action, ...], kind: str, authority: Authority
) -> None:
    trace, tap = overhear(*actions, tls=None, client=authority.trusted, patience=0.5)
    told = only(read(tap.pcap()))
    assert ending_of(told.trace).kind == ending_of(trace).kind == (kind or "tls-silent")


def test_without_secrets_it_is_told_what_the_outside_shows(authority: Authority) -> None:
    _, tap = overhear(*CLOSED, tls=authority.server(), client=authority.trusted)
    capture = read(tap.pcap())
    (glimpse,) = capture.glimpses
    assert capture.told == []
    assert (glimpse.encrypted, glimpse.likely, glimpse.last_by) == (True, True, "server")
    assert glimpse.why == "TLSv1.3, and no key log has its secrets"
    assert glimpse.received > 40_000
    assert re.search("FIN by the (client|server), then FIN by the", glimpse.words)


def test_an_encrypted_alert_names_its_side(authority: Authority) -> None:
    server = authority.server(ssl.TLSVersion.TLSv1_2)
    _, tap = overhear(*CLOSED, tls=server, client=authority.trusted)
    (glimpse,) = read(tap.pcap()).glimpses
    assert glimpse.ended.startswith("an encrypted alert of TLS by the server, then ")


def test_wrong_secrets_are_said_to_be_wrong(authority: Authority, key_log: Path) -> None:
    _, tap = overhear(*CLOSED, tls=authority.server(), client=authority.trusted)
    turned = [
        re.sub(rb"[0-9a-f]{8}$", b"00000000", line) for line in key_log.read_bytes().splitlines()
    ]
    (glimpse,) = read(tap.pcap(), turned).glimpses
    assert glimpse.why == "TLSv1.3, and the secrets that the key log has of it do not open it"


def test_secrets_that_are_missing_in_part_are_named(authority: Authority, key_log: Path) -> None:
    _, tap = overhear(*CLOSED, tls=authority.server(), client=authority.trusted)
    lines = [line for line in key_log.read_bytes().splitlines() if b"SERVER_HANDSHAKE" not in line]
    (glimpse,) = read(tap.pcap(), lines).glimpses
    assert "the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET of it" in glimpse.why


def test_a_cipher_suite_that_is_not_read_is_named(authority: Authority) -> None:
    hello = bytes.fromhex("0303") + bytes(32) + b"\0" + bytes.fromhex("c00900") + b"\0\0"
    tap = Tap()
    connection = tap.connection(server=("192.0.2.2", 443)).open()
    connection.say(True, handshake(1, bytes.fromhex("0303") + bytes(32) + b"\0\0\2\xc0\x09\1\0"))
    connection.say(False, handshake(2, hello))
    (glimpse,) = read(tap.pcap()).glimpses
    assert glimpse.why == "TLSv1.2, and its cipher suite 0xc009 is not read"


def handshake(kind: int, body: bytes) -> bytes:
    message = bytes((kind,)) + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + len(message).to_bytes(2, "big") + message


def test_keys_are_updated_as_the_standard_says() -> None:
    suite, secret = SUITES[0x1301], bytes(range(32))
    following = updated(suite, secret)
    assert following == expanded("sha256", secret, b"traffic upd", 32)
    record = sealed(opener(suite, following), b"\x18\0\0\1\0", HANDSHAKE)
    assert opener(suite, following).open(record) == (HANDSHAKE, b"\x18\0\0\1\0")


def sealed(by: Opener, content: bytes, kind: int) -> Record:
    """Seal what an opener of the same keys opens first (RFC 8446, 5.2)."""
    plain = content + bytes((kind,)) + b"\0\0"
    header = b"\x17\3\3" + (len(plain) + 16).to_bytes(2, "big")
    return Record(0, 23, header, by._aead.encrypt(by._fixed, plain, header))


def test_what_a_tunnel_carries_is_read_after_its_answer() -> None:
    tap = Tap()
    connection = tap.connection(server=("192.0.2.2", 3128)).open()
    connection.say(True, b"CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n")
    connection.say(False, b"HTTP/1.1 200 Connection established\r\n\r\n")
    connection.say(True, ASK)
    connection.say(False, SWITCH)
    connection.say(False, text("through"))
    (came,) = only(read(tap.pcap())).trace.all(FrameReceived)
    assert came.data == b"through"


@pytest.mark.parametrize(
    "preface",
    [
        b"PROXY TCP4 198.51.100.1 192.0.2.2 1234 80\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12),
    ],
)
def test_what_a_proxy_says_before_is_passed_over(preface: bytes) -> None:
    tap = Tap()
    connection = tap.connection().open()
    connection.say(True, preface + ASK)
    connection.say(False, SWITCH + text("through"))
    (came,) = only(read(tap.pcap())).trace.all(FrameReceived)
    assert came.data == b"through"


def test_http2_is_said_not_to_be_read() -> None:
    tap = Tap()
    connection = tap.connection().open()
    connection.say(True, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    (glimpse,) = read(tap.pcap()).glimpses
    assert glimpse.why == "it is HTTP/2, in which WebSockets (RFC 8441) are not read"


def test_what_was_open_before_the_capture_is_told_from_its_frames() -> None:
    tap = Tap()
    connection = tap.connection()
    connection.say(True, masked(b"hi"))
    connection.say(False, BOOM)
    connection.fin(False)
    (glimpse,) = read(tap.pcap()).glimpses
    assert glimpse.why == "it was open before the capture began"
    assert glimpse.ended == "close 1011 'boom' by the server, then FIN by the server"
