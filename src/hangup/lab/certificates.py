"""Worlds of TLS: who signed the certificate, for which name, until when, and what else is asked."""

from __future__ import annotations

import atexit
import contextlib
import datetime
import os
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import AuthorityInformationAccessOID

from hangup.lab.peer import Handler, Play, listening, routed
from hangup.lab.world import Place, Start

AUTHORITY = trustme.CA()
INTERMEDIATE = AUTHORITY.create_child_ca()
STRANGER = trustme.CA()


@cache
def folder() -> Path:
    """Give a folder that goes when the tests end."""
    path = Path(tempfile.mkdtemp(prefix="hangup-worlds-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def ca_file() -> str:
    """Give the file of the authority that honest users know."""
    path = folder() / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return os.fspath(path)


@cache
def key_file(authority: trustme.CA = AUTHORITY, *, expired: bool = False) -> str:
    """Give the file of a server's key and certificate, for programs that read one."""
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    leaf = authority.issue_cert("127.0.0.1", not_after=past if expired else None)
    path = folder() / f"server-{id(leaf)}.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(path)
    return os.fspath(path)


def server_context(
    authority: trustme.CA = AUTHORITY,
    name: str = "127.0.0.1",
    *,
    expired: bool = False,
    leaf_alone: bool = False,
    asks_for_certificate: bool = False,
    alpn: tuple[str, ...] = (),
) -> ssl.SSLContext:
    """Build a server's TLS; what is wrong with it is said by name."""
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
    leaf = authority.issue_cert(name, not_after=past if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if leaf_alone:
        path = folder() / f"leaf-{id(leaf)}.pem"
        path.write_bytes(leaf.private_key_pem.bytes() + _as_public(leaf, authority))
        context.load_cert_chain(path)
    else:
        leaf.configure_cert(context)
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def _as_public(leaf: trustme.LeafCert, authority: trustme.CA) -> bytes:
    """Sign a certificate again as public authorities do, saying where its issuer's is found."""
    own = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key = load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        issuer_name=own.issuer,
        subject_name=own.subject,
        public_key=own.public_key(),
        serial_number=own.serial_number,
        not_valid_before=own.not_valid_before_utc,
        not_valid_after=own.not_valid_after_utc,
        extensions=list(own.extensions),
    )
    where = x509.UniformResourceIdentifier("http://issuer.example/ca.der")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
    builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@contextlib.asynccontextmanager
async def _alerting(context: ssl.SSLContext) -> AsyncIterator[Place]:
    def refuse(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            plain.settimeout(5)
            raw = socket.socket(fileno=os.dup(plain.fileno()))
            with (
                raw,
                context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as tls,
            ):
                with contextlib.suppress(OSError):
                    tls.do_handshake()
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):  # what is unread would make the kernel reset
                    pass

    def accept(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                refuse(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield Place(server.getsockname()[1], ca_file=ca_file())
        server.shutdown(socket.SHUT_RDWR)


def alerting(context: Callable[[], ssl.SSLContext]) -> Start:
    """Make a world whose TLS refuses the client, and says so; asyncio drops that alert."""
    return lambda: _alerting(context())


asking_for_a_certificate = alerting(lambda: server_context(asks_for_certificate=True))
"""A world of TLS that wants a client's certificate."""


def self_signed() -> ssl.SSLContext:
    """Build a server whose certificate nobody but itself has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder() / "self.pem"
    STRANGER.private_key_pem.write_to_path(path)
    STRANGER.cert_pem.write_to_path(path, append=True)
    context.load_cert_chain(path)
    return context


def secured(handler: Handler, context: ssl.SSLContext | None = None) -> Start:
    """Make a world of one WebSocket route behind TLS."""
    return secured_play(routed(handler), context)


def secured_play(play: Play, context: ssl.SSLContext | None = None) -> Start:
    """Make a world that plays each connection once TLS is up."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async with listening(play, context or server_context()) as port:
            yield Place(port, ca_file=ca_file())

    return start
