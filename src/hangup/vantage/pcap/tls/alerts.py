"""The alerts of TLS by their numbers, as our failures and in words (RFC 8446, 6)."""

from __future__ import annotations

from hangup.certificate import Certificate
from hangup.failure import TLS_REASONS, UNKNOWN

CLOSE_NOTIFY, USER_CANCELED = 0, 90
ORDERLY = (CLOSE_NOTIFY, USER_CANCELED)
# The name that OpenSSL gives the alert when it comes, by which Python tells of it.
ALERTS = {
    10: "SSLV3_ALERT_UNEXPECTED_MESSAGE",
    20: "SSLV3_ALERT_BAD_RECORD_MAC",
    22: "TLSV1_ALERT_RECORD_OVERFLOW",
    40: "SSLV3_ALERT_HANDSHAKE_FAILURE",
    42: "SSLV3_ALERT_BAD_CERTIFICATE",
    43: "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    44: "SSLV3_ALERT_CERTIFICATE_REVOKED",
    45: "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    46: "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    47: "SSLV3_ALERT_ILLEGAL_PARAMETER",
    48: "TLSV1_ALERT_UNKNOWN_CA",
    49: "TLSV1_ALERT_ACCESS_DENIED",
    50: "TLSV1_ALERT_DECODE_ERROR",
    51: "TLSV1_ALERT_DECRYPT_ERROR",
    70: "TLSV1_ALERT_PROTOCOL_VERSION",
    71: "TLSV1_ALERT_INSUFFICIENT_SECURITY",
    80: "TLSV1_ALERT_INTERNAL_ERROR",
    86: "TLSV1_ALERT_INAPPROPRIATE_FALLBACK",
    109: "TLSV13_ALERT_MISSING_EXTENSION",
    110: "TLSV1_UNSUPPORTED_EXTENSION",
    112: "TLSV1_UNRECOGNIZED_NAME",
    116: "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    120: "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
}
# What a client says of the server's certificate.
REFUSALS = {
    42: "tls.verification",
    43: "tls.verification",
    44: "tls.revoked",
    45: "tls.expired",
    46: "tls.verification",
    48: "tls.issuer-unknown",
}
UNTOLD = (42, 46)
"""Refusals that leave open what is wrong: OpenSSL says 42 of a name, browsers 46 of anything."""


def words(number: int) -> str:
    """Give an alert's name in words."""
    known = ALERTS.get(number, "")
    name = known.removeprefix("SSLV3_").removeprefix("TLSV1_").removeprefix("TLSV13_")
    return name.removeprefix("ALERT_").replace("_", " ").lower() or f"number {number}"


def of_server(number: int) -> str:
    """Name the failure that a server's alert is."""
    return TLS_REASONS.get(ALERTS.get(number, ""), UNKNOWN)


def of_client(number: int, chain: tuple[Certificate, ...], name: str, now: float) -> str:
    """Name the failure that a client's alert is, by the certificate where it was seen."""
    if number not in REFUSALS:
        return of_server(number)
    if number in UNTOLD and chain:
        leaf = chain[0]
        if leaf.not_after is not None and leaf.not_after < now:
            return "tls.expired"
        if leaf.not_before is not None and leaf.not_before > now:
            return "tls.not-yet-valid"
        if name and leaf.names and not any(_matches(each, name) for each in leaf.names):
            return "tls.name-mismatch"
    return REFUSALS[number]


def _matches(pattern: str, name: str) -> bool:
    """Whether a certificate's name covers a host (RFC 9525, 6.3)."""
    pattern, name = pattern.lower(), name.lower()
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return pattern == name
