"""Worlds whose fault lies in addresses, packets or TLS, before any HTTP is spoken."""

from __future__ import annotations

import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtensionOID, NameOID

from hangup.lab.certificates import (
    AUTHORITY,
    INTERMEDIATE,
    _as_public,
    ca_file,
    folder,
    key_file,
    server_context,
)
from hangup.lab.configured import configured, haproxy
from hangup.lab.parts import around, served
from hangup.lab.process import LOOPBACK
from hangup.lab.relay import faulted
from hangup.lab.rules import ruled
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import world
from hangup.lab.worlds.trial5_tls import nginx_tls
from hangup.lab.worlds.trial6_hops import (
    SECOND,
    Aged,
    Tuned,
    haproxy_tcp,
    hypercorn_tls,
    library,
)
from hangup.lab.worlds.wires import MUTE

ALTERNATIVES = ExtensionOID.SUBJECT_ALTERNATIVE_NAME
POOL = "pool.hangup.test"
RENEWED = (server_context(name=POOL), server_context(name=POOL, expired=True))
FORGETS = (
    ("nf_conntrack_tcp_loose", "0"),
    ("nf_conntrack_tcp_timeout_established", "2"),
    ("nf_conntrack_tcp_timeout_unacknowledged", "2"),
)


def subject_only() -> str:
    """Give the file of a certificate that names its host as was usual before alternative names."""
    leaf = AUTHORITY.issue_cert(LOOPBACK)
    own = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key = load_pem_private_key(AUTHORITY.private_key_pem.bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        issuer_name=own.issuer,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LOOPBACK)]),
        public_key=own.public_key(),
        serial_number=own.serial_number,
        not_valid_before=own.not_valid_before_utc,
        not_valid_after=own.not_valid_after_utc,
        extensions=[e for e in own.extensions if e.oid != ALTERNATIVES],
    )
    path = folder() / "further-subject.pem"
    signed = builder.sign(key, hashes.SHA256())
    path.write_bytes(leaf.private_key_pem.bytes() + signed.public_bytes(Encoding.PEM))
    return os.fspath(path)


def last_years_chain() -> str:
    """Give the file of a renewed certificate above the intermediate one of the time before."""
    leaf = INTERMEDIATE.issue_cert(LOOPBACK)
    path = folder() / "further-chain.pem"
    path.write_bytes(
        leaf.private_key_pem.bytes()
        + _as_public(leaf, INTERMEDIATE)
        + AUTHORITY.create_child_ca().cert_pem.bytes()
    )
    return os.fspath(path)


WORLDS: tuple[World, ...] = (
    world(
        "a name of both families, served on ::1 alone",
        library("::1"),
        "dns.localhost-ipv6",
        host="both.hangup.test",
    ),
    world(
        "the renewed certificate was copied to one of two hosts",
        library(LOOPBACK, SECOND, *RENEWED),
        "dns.partial-pool",
        "tls.untrusted-or-name",
        host=POOL,
        secure=True,
    ),
    world(
        "what answers the SYN takes another way, and is lost there",
        ruled(served("websockets"), "tcp sport {port} tcp flags & (syn | ack) == (syn | ack) drop"),
        "tcp.filtered",
        "tcp.backlog-full",
        apart=True,
        budget=8.0,
        waits=True,
    ),
    world(
        "a container's port is published, and its application listens on its own loopback",
        around(configured("haproxy", haproxy_tcp("127.0.0.9:UPSTREAM"), served("granian"))),
        "tcp.accept-then-reset",
        "proxy.backend-down",
    ),
    world(
        "a firewall loses every flow that is older than 2 s",
        around(faulted(served("daphne"), Aged("client", 2.0), Aged("server", 2.0))),
        "tcp.half-open-peer",
        *MUTE,
        "tcp.silent-flow-expiry",
        idle=4.0,
        waits=True,
    ),
    world(
        "connection tracking forgets what is silent for 2 s, and the firewall drops the rest",
        Tuned(ruled(served("aiohttp"), "tcp dport {port} ct state invalid drop"), FORGETS),
        "tcp.silent-flow-expiry",
        "tcp.half-open-peer",
        apart=True,
        idle=4.5,
        waits=True,
    ),
    world(
        "nginx misses the client's certificate, and says so over HTTP",
        configured(
            "nginx",
            nginx_tls(key_file(), f"ssl_client_certificate {ca_file()}; ssl_verify_client on; "),
            served("tornado"),
            secure=True,
        ),
        "tls.version-cipher",
        secure=True,
    ),
    world(
        "HAProxy's certificate names the host in its subject alone",
        configured(
            "haproxy",
            haproxy("", "").replace(":PORT", f":PORT ssl crt {subject_only()}"),
            served("uvicorn"),
            secure=True,
        ),
        "tls.untrusted-or-name",
        secure=True,
    ),
    world(
        "nginx sends the intermediate certificate of last year's chain",
        around(configured("nginx", nginx_tls(last_years_chain()), served("uvicorn"), secure=True)),
        "tls.chain-incomplete",
        "tls.untrusted-or-name",
        secure=True,
    ),
    world(
        "ws:// to a hypercorn that speaks TLS itself",
        hypercorn_tls(key_file()),
        "tls.plain-client-on-tls-port",
        "tcp.accept-then-reset",
    ),
    world(
        "wss:// to daphne, without the balancer that speaks TLS",
        served("daphne"),
        "tls.tls-client-on-plain-port",
        secure=True,
        waits=True,
    ),
)
