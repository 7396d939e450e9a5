"""TLS: what was negotiated, who the peer is, and why it failed, in words."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hangup.closure import closure_of
from hangup.endpoint import Tls
from hangup.event import (
    DeadlineExpired,
    FrameReceived,
    ResponseMalformed,
    StreamEnded,
    StreamReset,
    TlsEstablished,
    TlsFailed,
)
from hangup.lab.wire import TEXT, close, frame

from .peer import bye, fin, half_close, hear, request, reset, say, stay, upgraded
from .tls_refuser import refusing
from .watching import endpoint_at, say_nothing, trace_of, watch


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def good(authority: trustme.CA) -> ssl.SSLContext:
    return server(authority, "127.0.0.1")


def self_signed(tmp_path, start: int, end: int) -> ssl.SSLContext:
    """A server whose own certificate is valid from `start` to `end` days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old.example")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=start))
        .not_valid_after(now + datetime.timedelta(days=end))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "self.pem"
    path.write_bytes(secret + cert.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def dialled(context: ssl.SSLContext | None, *actions, tls: Tls, **more):
    """Dial over TLS, to a plain peer when there is no context."""
    return watch(*actions, tls=context, secure=True, client_tls=tls, **more)


def refused(context: ssl.SSLContext, tls: Tls):
    """Dial a server that is going to refuse us."""
    with refusing(context) as port:
        return asyncio.run(trace_of(endpoint_at(port, secure=True, tls=tls)))


def test_a_client_certificate_of_an_unknown_issuer_is_named(good, ca_file, tmp_path) -> None:
    stranger, ours = trustme.CA(), tmp_path / "client.pem"
    stranger.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(ours)
    good.verify_mode = ssl.CERT_REQUIRED
    trace = refused(good, Tls(ca_file=ca_file, cert_file=str(ours)))
    assert trace.first(StreamReset).failure == "tls.client-certificate-refused"


def test_a_trusted_peer_is_established_with_version_cipher_and_chain(good, ca_file) -> None:
    trace = watch(request(), fin(), tls=good, secure=True, client_tls=Tls(ca_file=ca_file))
    established = trace.first(TlsEstablished)
    assert established.version == "TLSv1.3"
    assert established.cipher
    assert established.verified
    assert established.chain[0].names == ("127.0.0.1",)
    assert established.chain[0].not_after > established.chain[0].not_before


def test_an_untrusted_issuer_is_named(good) -> None:
    failed = dialled(good, tls=Tls()).first(TlsFailed)
    assert failed.failure == "tls.issuer-unknown"
    assert "local issuer" in failed.text


def test_a_certificate_for_another_name_is_named(authority, ca_file) -> None:
    failed = dialled(server(authority, "other.example"), tls=Tls(ca_file=ca_file)).first(TlsFailed)
    assert failed.failure == "tls.name-mismatch"
    assert "127.0.0.1" in failed.text


@pytest.mark.parametrize(
    ("start", "end", "failure"), [(-9, -2, "tls.expired"), (2, 9, "tls.not-yet-valid")]
)
def test_a_certificate_out_of_its_time_is_named(tmp_path, start, end, failure) -> None:
    context = self_signed(tmp_path, start, end)
    tls = Tls(ca_file=str(tmp_path / "self.pem"))
    assert dialled(context, tls=tls).first(TlsFailed).failure == failure


def test_a_self_signed_certificate_is_named(tmp_path) -> None:
    failed = dialled(self_signed(tmp_path, -1, 1), tls=Tls()).first(TlsFailed)
    assert failed.failure == "tls.self-signed"


def test_without_verification_the_certificate_is_told_all_the_same(tmp_path) -> None:
    context = self_signed(tmp_path, -9, -2)
    trace = dialled(context, request(), fin(), tls=Tls(verify=False))
    established = trace.first(TlsEstablished)
    leaf = established.chain[0]
    assert not established.verified
    assert (leaf.subject, leaf.names) == ("CN=old.example", ("127.0.0.1",))
    assert leaf.self_signed


def patched(tmp_path, old: bytes, new: bytes) -> ssl.SSLContext:
    """A server that shows, behind its own good certificate, one with some bytes changed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old.example")])
    names = x509.SubjectAlternativeName([x509.DNSName("host.example")])
    twin = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), names.public_bytes())
    now = datetime.datetime.now(datetime.UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), 0x1234567890)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(names, critical=False)
        .add_extension(twin, critical=False)
        .sign(key, hashes.SHA256())
    )
    der = cert.public_bytes(serialization.Encoding.DER)
    assert der.count(old) >= 1
    path = tmp_path / "chain.pem"
    good = trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes()
    path.write_bytes(good + ssl.DER_cert_to_PEM_cert(der.replace(old, new)).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"\x55\x1d\x63", b"\x55\x1d\x11", "Duplicate 2.5.29.17 extension found"),
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", "5 is not a valid X509 version"),
        (b"\x82\x0chost", b"\x82\x7fhost", "error parsing asn1 value"),
        (b"\x82\x0chost", b"\xa3\x0chost", "x400Address"),
        (b"\x0c\x0bold", b"\x03\x0b\x00ld", "oid must be X500_UNIQUE_IDENTIFIER"),
    ],
)
def test_a_certificate_that_cannot_be_read_stops_nothing(tmp_path, old, new, words) -> None:
    context = patched(tmp_path, old, new)
    trace = dialled(context, upgraded(), fin(), tls=Tls(verify=False))
    first, *_, last = trace.first(TlsEstablished).chain
    assert first.names == ("127.0.0.1",)
    assert last.subject.startswith("unreadable certificate: ")
    assert words in last.subject
    assert trace.response.status == 101


def test_a_negative_serial_number_warns_nobody(tmp_path) -> None:
    context = patched(tmp_path, b"\x02\x05\x12\x34", b"\x02\x05\x92\x34")
    trace = dialled(context, upgraded(), fin(), tls=Tls(verify=False))
    assert trace.first(TlsEstablished).chain[-1].names == ("host.example",)


def test_the_chain_is_told_as_the_peer_sent_it(authority, ca_file) -> None:
    middle = authority.create_child_ca()
    context = server(middle, "127.0.0.1")
    trace = dialled(context, request(), fin(), tls=Tls(ca_file=ca_file))
    chain = trace.first(TlsEstablished).chain
    assert len(chain) == 2
    assert chain[0].issuer == chain[1].subject


def test_a_plain_server_behind_a_tls_dial_shows_its_bytes(ca_file) -> None:
    answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    failed = dialled(None, hear(1), say(answer), tls=Tls(ca_file=ca_file)).first(TlsFailed)
    assert failed.failure == "tls.not-tls"
    assert failed.peer_bytes == answer


def test_a_tls_server_behind_a_plain_dial_is_not_http(good) -> None:
    trace = watch(request(), tls=good)
    malformed = trace.first(ResponseMalformed)
    assert malformed is None or malformed.failure == "http.not-http"
    assert malformed or trace.first(StreamEnded) or trace.first(StreamReset)


@pytest.mark.parametrize(("end", "failure"), [(fin, "tls.ended"), (reset, "tcp.reset")])
def test_an_end_in_the_middle_of_the_handshake_is_named(end, failure) -> None:
    assert dialled(None, hear(1), end(), tls=Tls()).first(TlsFailed).failure == failure


def test_a_handshake_that_never_comes_ends_by_our_patience() -> None:
    trace = dialled(None, stay(), tls=Tls(), patience=0.1)
    assert trace.first(DeadlineExpired).waiting_for == "TLS handshake"


def test_a_demand_for_a_client_certificate_is_named(authority, good, ca_file) -> None:
    good.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(good)
    trace = refused(good, Tls(ca_file=ca_file))
    assert trace.first(StreamReset).failure == "tls.client-certificate-required"


def test_a_demand_for_a_client_certificate_is_named_in_tls_1_2(authority, good, ca_file) -> None:
    good.verify_mode = ssl.CERT_REQUIRED
    good.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(good)
    failed = refused(good, Tls(ca_file=ca_file)).first(TlsFailed)
    assert failed.failure == "tls.handshake-refused"


def test_a_client_certificate_is_shown_when_we_have_one(authority, good, ca_file, tmp_path) -> None:
    good.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(good)
    ours = tmp_path / "client.pem"
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(ours)
    tls = Tls(ca_file=ca_file, cert_file=str(ours))
    trace = dialled(good, upgraded(), fin(), tls=tls, script=say_nothing)
    assert closure_of(trace).origin == "fin"


@pytest.mark.parametrize("chosen", ["http/1.1", None])
def test_alpn_is_recorded(good, ca_file, chosen) -> None:
    if chosen:
        good.set_alpn_protocols([chosen])
    tls = Tls(ca_file=ca_file, alpn=("h2", "http/1.1"))
    established = dialled(good, request(), fin(), tls=tls).first(TlsEstablished)
    assert (established.alpn, established.offered_alpn) == (chosen, ("h2", "http/1.1"))


@pytest.mark.parametrize(
    ("alert", "failure"),
    [
        (40, "tls.handshake-refused"),
        (70, "tls.version"),
        (80, "tls.peer-internal-error"),
        (112, "tls.name-unrecognized"),
        (120, "tls.alpn-refused"),
    ],
)
def test_an_alert_in_place_of_a_hello_is_named(alert: int, failure: str) -> None:
    """The numbers are those of RFC 8446, 6; the record is one fatal alert."""
    record = bytes([21, 3, 3, 0, 2, 2, alert])
    failed = dialled(None, hear(1), say(record), tls=Tls()).first(TlsFailed)
    assert failed.failure == failure
    assert failed.peer_bytes == b""


def test_a_websocket_over_tls_ends_with_a_close_notify(good, ca_file) -> None:
    sent = (say(frame(TEXT, b"t" * 40000) + close(1000)), bye())
    trace = dialled(good, upgraded(), *sent, tls=Tls(ca_file=ca_file), script=say_nothing)
    assert trace.first(FrameReceived).size == 40000
    assert trace.first(StreamEnded).close_notify is True
    assert closure_of(trace).transport_end == "fin"


def test_a_websocket_over_tls_ends_without_a_close_notify(good, ca_file) -> None:
    trace = dialled(good, upgraded(), half_close(), tls=Tls(ca_file=ca_file), script=say_nothing)
    assert trace.first(StreamEnded).close_notify is False


def test_without_tls_there_is_no_close_notify_to_miss() -> None:
    assert watch(upgraded(), fin(), script=say_nothing).first(StreamEnded).close_notify is None


def test_a_big_message_over_tls_is_sent_whole(good, ca_file) -> None:
    size = 3_000_000

    async def script(session) -> None:
        assert await session.send(b"x" * size)

    heard = hear(size)
    trace = dialled(
        good, upgraded(), heard, say(close(4000)), tls=Tls(ca_file=ca_file), script=script
    )
    assert closure_of(trace).messages_sent == 1
