"""Worlds of TLS: who signed the certificate, for which name, until when, and what else is asked."""

from __future__ import annotations

import atexit
import contextlib
import datetime
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import trustme

from .peer import Handler, Play, listening, routed
from .world import Place, Start

AUTHORITY = trustme.CA()
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
        path.write_bytes(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes())
        context.load_cert_chain(path)
    else:
        leaf.configure_cert(context)
    if asks_for_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


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
