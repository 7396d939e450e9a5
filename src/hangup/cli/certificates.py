"""Checks TLS files before anything is sent: readable, in PEM form, belonging together."""

from __future__ import annotations

import ssl
from pathlib import Path

from hangup.cli.failing import reason_of
from hangup.endpoint import Tls
from hangup.errors import UsageError


class _EncryptedKeyError(Exception):
    """OpenSSL asked for a passphrase."""


def check_tls_files(tls: Tls) -> None:
    """Load the files of some TLS settings once.

    Raises:
        UsageError: with which file is wrong, and how.
    """
    for option, path in (
        ("--cacert", tls.ca_file),
        ("--cert", tls.cert_file),
        ("--key", tls.key_file),
    ):
        if path is not None:
            _check_readable(option, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.ca_file is not None:
        _check_authorities(context, tls.ca_file)
    if tls.cert_file is not None:
        _check_pair(context, tls.cert_file, tls.key_file)


def _check_readable(option: str, path: str) -> None:
    # In the place of its path stands, now and then, the private key itself.
    what = "the file" if option == "--key" else repr(path)
    # Each connection reads the file again, so a pipe would not do.
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise UsageError(f"{option}: {what} is not a regular file")
        with Path(path).open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as exc:
        raise UsageError(f"{option}: {what} cannot be read: {reason_of(exc)}") from None


def _check_authorities(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise UsageError(f"--cacert: {path!r} holds no certificate in PEM form") from None


def _check_pair(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    if not _has_certificate(cert):
        raise UsageError(f"--cert: {cert!r} holds no certificate in PEM form")
    try:
        context.load_cert_chain(cert, key, password=_refuse_passphrase)
    except _EncryptedKeyError:
        raise UsageError(f"--key: the private key in {key or cert!r} is encrypted") from None
    except ssl.SSLError as exc:
        raise UsageError(_pair_sentence(exc, cert, key)) from None
    except (OSError, ValueError) as exc:
        raise UsageError(f"--cert: {cert!r} cannot be used: {reason_of(exc)}") from None


def _pair_sentence(exc: ssl.SSLError, cert: str, key: str | None) -> str:
    if exc.reason == "KEY_VALUES_MISMATCH":
        return f"--key: the private key does not belong to the certificate in {cert!r}"
    if key is None:
        return f"--cert: {cert!r} holds no private key; give it with --key"
    return f"--key: {key!r} holds no private key in PEM form"


def _has_certificate(path: str) -> bool:
    return b"-----BEGIN CERTIFICATE-----" in Path(path).read_bytes()


def _refuse_passphrase() -> str:
    raise _EncryptedKeyError
