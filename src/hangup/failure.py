"""The closed list of failures: every foreign error is given one of these names, once.

An error that is not in the list is named `unknown` and keeps its own text.
"""

from __future__ import annotations

import errno
import socket
import ssl

UNKNOWN = "unknown"

DNS_FAILURES = {
    socket.EAI_NONAME: "dns.no-such-name",
    socket.EAI_AGAIN: "dns.temporary-failure",
    socket.EAI_FAIL: "dns.server-failure",
    socket.EAI_FAMILY: "dns.no-address-of-family",
    getattr(socket, "EAI_NODATA", -5): "dns.no-address",
    getattr(socket, "EAI_ADDRFAMILY", -9): "dns.no-address-of-family",
}

OS_FAILURES = {
    errno.ECONNREFUSED: "tcp.refused",
    errno.ECONNRESET: "tcp.reset",
    errno.ECONNABORTED: "tcp.aborted",
    errno.EPIPE: "tcp.broken-pipe",
    errno.ETIMEDOUT: "tcp.timed-out",
    errno.EHOSTUNREACH: "tcp.host-unreachable",
    errno.ENETUNREACH: "tcp.network-unreachable",
    errno.EADDRNOTAVAIL: "tcp.no-local-address",
    errno.EAFNOSUPPORT: "tcp.family-unsupported",
    errno.EACCES: "tcp.forbidden-here",
    errno.EPERM: "tcp.forbidden-here",
    errno.EMFILE: "tcp.no-descriptors-here",
    errno.ENFILE: "tcp.no-descriptors-here",
    errno.EHOSTDOWN: "tcp.host-unreachable",
}

TLS_REASONS = {
    "WRONG_VERSION_NUMBER": "tls.not-tls",
    "HTTP_REQUEST": "tls.not-tls",
    "UNEXPECTED_EOF_WHILE_READING": "tls.ended",
    "UNSUPPORTED_PROTOCOL": "tls.version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "tls.version",
    "NO_PROTOCOLS_AVAILABLE": "tls.version",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "tls.handshake-refused",
    "NO_SHARED_CIPHER": "tls.handshake-refused",
    "TLSV1_ALERT_NO_APPLICATION_PROTOCOL": "tls.alpn-refused",
    "TLSV1_ALERT_UNRECOGNIZED_NAME": "tls.name-unrecognized",
    "TLSV1_UNRECOGNIZED_NAME": "tls.name-unrecognized",
    "TLSV1_ALERT_INTERNAL_ERROR": "tls.peer-internal-error",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "tls.client-certificate-required",
    "TLSV1_ALERT_UNKNOWN_CA": "tls.client-certificate-refused",
    "SSLV3_ALERT_BAD_CERTIFICATE": "tls.client-certificate-refused",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "tls.client-certificate-refused",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "tls.client-certificate-refused",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "tls.client-certificate-refused",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "tls.client-certificate-refused",
    "TLSV1_ALERT_ACCESS_DENIED": "tls.client-certificate-refused",
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": "tls.handshake-refused",
    "APPLICATION_DATA_AFTER_CLOSE_NOTIFY": "tls.data-after-close-notify",
    "BAD_RECORD_TYPE": "tls.not-tls",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "tls.record-damaged",
}

# An alert that Python's table of reasons lacks up to 3.13 at least has its words only.
TLS_WORDS = {"no application protocol": "tls.alpn-refused"}

# OpenSSL's X509_V_ERR_* numbers (x509_vfy.h).
VERIFY_FAILURES = {
    9: "tls.not-yet-valid",
    10: "tls.expired",
    18: "tls.self-signed",
    19: "tls.self-signed-in-chain",
    20: "tls.issuer-unknown",
    21: "tls.issuer-unknown",
    23: "tls.revoked",
    62: "tls.name-mismatch",
    64: "tls.name-mismatch",
}

HTTP_FAILURES = frozenset(
    {"http.not-http", "http.broken-off", "http.head-too-large", "http.head-malformed"}
)

HANDSHAKE_FAILURES = frozenset(
    {
        "upgrade.bad-accept",
        "upgrade.connection-header",
        "upgrade.upgrade-header",
        "upgrade.subprotocol-unoffered",
        "upgrade.extension-unoffered",
        "upgrade.header",
    }
)

FRAME_FAILURES = frozenset(
    {
        "frame.http-in-stream",
        "frame.reserved-bits",
        "frame.opcode",
        "frame.masked",
        "frame.control",
        "frame.fragmentation",
        "frame.close-payload",
        "frame.utf8",
        "frame.too-big",
        "frame.compression",
        "frame.other",
    }
)

FAILURES = frozenset(
    {
        UNKNOWN,
        "tls.verification",
        *DNS_FAILURES.values(),
        *OS_FAILURES.values(),
        *TLS_REASONS.values(),
        *VERIFY_FAILURES.values(),
        *HTTP_FAILURES,
        *HANDSHAKE_FAILURES,
        *FRAME_FAILURES,
    }
)
"""Every name that an event's `failure` can hold."""


def name_error(exc: BaseException) -> str:
    """Name an error of the resolver, the operating system or TLS; `unknown` when not listed."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return VERIFY_FAILURES.get(exc.verify_code, "tls.verification")
    if isinstance(exc, ssl.SSLError):
        words = next((name for part, name in TLS_WORDS.items() if part in str(exc)), UNKNOWN)
        return TLS_REASONS.get(exc.reason or "", words)
    if isinstance(exc, socket.gaierror):
        return DNS_FAILURES.get(exc.errno or 0, UNKNOWN)
    if isinstance(exc, OSError):
        return OS_FAILURES.get(exc.errno or 0, UNKNOWN)
    return UNKNOWN
