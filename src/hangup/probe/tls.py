"""The TLS step: what was negotiated, who the peer says it is, and why it failed."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from datetime import datetime
from typing import TYPE_CHECKING

from hangup.certificate import Certificate
from hangup.endpoint import Endpoint, Tls
from hangup.event import DeadlineExpired, TlsEstablished, TlsFailed
from hangup.failure import name_error
from hangup.probe.recorder import Recorder
from hangup.probe.wire import TlsWire, Wire

if TYPE_CHECKING:
    from cryptography import x509


def make_context(settings: Tls) -> ssl.SSLContext:
    """Build the client context; raises OSError and ssl.SSLError for unusable files."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    if settings.alpn:
        context.set_alpn_protocols(list(settings.alpn))
    return context


async def secure(
    wire: Wire, endpoint: Endpoint, recorder: Recorder, within: float
) -> TlsWire | None:
    """Run the TLS handshake over the wire; None when it fails, which is recorded in words."""
    tls, began, offered = endpoint.tls, recorder.now, endpoint.tls.alpn
    secured = TlsWire(wire, make_context(tls), endpoint.host)
    try:
        async with asyncio.timeout(within):
            await secured.handshake()
    except TimeoutError as exc:
        if exc.errno is not None:
            _record_failure(recorder, secured, exc, offered, began)
        else:
            recorder.add(DeadlineExpired(at=recorder.now, waiting_for="TLS handshake", since=began))
        return None
    except (OSError, ValueError) as exc:
        _record_failure(recorder, secured, exc, offered, began)
        return None
    cipher = secured.object.cipher()
    recorder.add(
        TlsEstablished(
            at=recorder.now,
            version=secured.object.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=secured.object.selected_alpn_protocol(),
            offered_alpn=offered,
            verified=tls.verify,
            chain=_chain(secured.object),
            took=recorder.now - began,
        )
    )
    return secured


def _record_failure(
    recorder: Recorder, wire: TlsWire, exc: Exception, offered: tuple[str, ...], began: float
) -> None:
    first = recorder.head(wire.first_bytes, len(wire.first_bytes), cut=True)
    words = getattr(exc, "verify_message", "") or getattr(exc, "reason", "") or str(exc)
    recorder.add(
        TlsFailed(
            at=recorder.now,
            failure=name_error(exc),
            text=str(words),
            offered_alpn=offered,
            peer_bytes=b"" if first[:1] in (b"\x15", b"\x16") else first,
            took=recorder.now - began,
        )
    )


def _chain(tls: ssl.SSLObject) -> tuple[Certificate, ...]:
    """Read the certificates the peer sent.

    Python has this as a public method from 3.13 on; before, the object underneath has it.
    """
    inner = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    if inner is None or not hasattr(inner, "get_unverified_chain"):
        leaf = tls.getpeercert(binary_form=True)
        return (certificate(leaf),) if leaf else ()
    chain = inner.get_unverified_chain() or ()
    ders = [c if isinstance(c, bytes) else c.public_bytes(2) for c in chain]
    return tuple(certificate(der) for der in ders)


def cipher_name(number: int) -> str:
    """Give OpenSSL's name of a cipher suite (IANA's number), the number of one it does not know."""
    known = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).get_ciphers()
    found = (str(each["name"]) for each in known if each["id"] & 0xFFFF == number)
    return next(found, f"0x{number:04X}")


def certificate(der: bytes) -> Certificate:
    """Read what a certificate says of itself; what cannot be read says that."""
    # Slow to load, and needed only once a TLS peer has shown certificates.
    from cryptography import x509

    # All that the parser was seen to raise for bytes of a peer; its documentation has no list.
    unreadable = (
        ValueError,
        TypeError,
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    )
    try:
        cert = _loaded(der)
        subject, issuer = cert.subject.rfc4514_string(), cert.issuer.rfc4514_string()
        return Certificate(
            subject=subject,
            issuer=issuer,
            names=_names(cert),
            not_before=_epoch(cert.not_valid_before_utc),
            not_after=_epoch(cert.not_valid_after_utc),
            self_signed=subject == issuer,
            issuer_url=_issuer_url(cert),
        )
    except unreadable as exc:
        return Certificate(subject=f"unreadable certificate: {exc}", issuer="")


def _loaded(der: bytes) -> x509.Certificate:
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd serial number is no news for our user
        return x509.load_der_x509_certificate(der)


def _names(cert: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    dns = names.get_values_for_type(x509.DNSName)
    ips = names.get_values_for_type(x509.IPAddress)
    return (*dns, *(str(ip) for ip in ips))


def _issuer_url(cert: x509.Certificate) -> str:
    """Give the first caIssuers URL of Authority Information Access (RFC 5280, 4.2.2.1)."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID as Oid

    try:
        access = cert.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    found = (each for each in access if each.access_method == Oid.CA_ISSUERS)
    return next((str(each.access_location.value) for each in found), "")


def _epoch(moment: datetime) -> float:
    return moment.timestamp()
