"""Worlds whose TLS is ended by a real proxy, in a way that this client cannot use."""

from __future__ import annotations

import datetime
import os

import trustme

from hangup.lab.certificates import AUTHORITY, INTERMEDIATE, _as_public, folder, key_file
from hangup.lab.configured import configured, nginx
from hangup.lab.parts import around, chained, hop, served
from hangup.lab.process import LOOPBACK
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial5_hops import well


def certificate(name: str, leaf: trustme.LeafCert) -> str:
    """Give the file of a key and its chain."""
    path = folder() / f"fresh-{name}.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(path)
    return os.fspath(path)


def of_tomorrow() -> str:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    leaf = AUTHORITY.issue_cert(LOOPBACK, not_before=now + day, not_after=now + 90 * day)
    return certificate("tomorrow", leaf)


def of_another_site() -> str:
    return certificate("another", AUTHORITY.issue_cert("shop.example.org", "www.example.org"))


def alone() -> tuple[str, str]:
    """Give the files of a public authority's certificate, without its chain, and of its key."""
    leaf = INTERMEDIATE.issue_cert(LOOPBACK)
    paths = folder() / "fresh-alone.crt", folder() / "fresh-alone.key"
    paths[0].write_bytes(_as_public(leaf, INTERMEDIATE))
    leaf.private_key_pem.write_to_path(paths[1])
    return os.fspath(paths[0]), os.fspath(paths[1])


def nginx_tls(file: str, more: str = "") -> str:
    """Write a configuration of nginx that speaks TLS with a file."""
    files = f"ssl_certificate {file}; ssl_certificate_key {file}; "
    return nginx(files + more + location(FULL), listen=" ssl")


def caddy_tls(files: tuple[str, str]) -> str:
    """Write a configuration of Caddy that speaks TLS, and no HTTP/2."""
    return f"""
{{
    admin off
    auto_https off
    servers {{
        protocols h1
    }}
}}
https://127.0.0.1:PORT {{
    bind 127.0.0.1
    tls {files[0]} {files[1]}
    reverse_proxy 127.0.0.1:UPSTREAM
}}
"""


WORLDS = (
    world(
        "nginx speaks TLS 1.1 and nothing newer",
        configured(
            "nginx",
            nginx_tls(key_file(), "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0; "),
            served("uvicorn"),
            secure=True,
        ),
        "tls.version-cipher",
        secure=True,
    ),
    world(
        "nginx shows the certificate of another of its sites",
        configured("nginx", nginx_tls(of_another_site()), served("hypercorn"), secure=True),
        "tls.untrusted-or-name",
        secure=True,
    ),
    world(
        "nginx shows a certificate that is valid from tomorrow on",
        around(configured("nginx", nginx_tls(of_tomorrow()), served("daphne"), secure=True)),
        "tls.untrusted-or-name",
        secure=True,
    ),
    world(
        "Caddy was given the certificate without its chain",
        configured("caddy", caddy_tls(alone()), served("aiohttp"), secure=True),
        "tls.chain-incomplete",
        secure=True,
    ),
    world(
        "ws:// to Caddy's port for https",
        around(
            configured("caddy", caddy_tls((key_file(), key_file())), served("node-ws"), secure=True)
        ),
        "tls.plain-client-on-tls-port",
    ),
    well(
        "stunnel, then HAProxy, then nginx, then granian",
        chained(
            hop("stunnel", certificate=key_file),
            hop("haproxy"),
            hop("nginx"),
            back=served("granian"),
        ),
        secure=True,
    ),
)
