"""The closed list of failures names every foreign error, and each once."""

from __future__ import annotations

import re
import socket
import ssl
from pathlib import Path

import pytest

from hangup import failure
from hangup.failure import FAILURES, UNKNOWN, name_error


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] words")
    error.reason = reason
    return error


def verification_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


TABLES = [
    (failure.OS_FAILURES, lambda number: OSError(number, "words")),
    (failure.DNS_FAILURES, lambda number: socket.gaierror(number, "words")),
    (failure.TLS_REASONS, ssl_error),
    (failure.VERIFY_FAILURES, verification_error),
]


@pytest.mark.parametrize(
    ("error", "name"),
    [(make(key), name) for table, make in TABLES for key, name in table.items()],
)
def test_an_error_in_the_list_has_its_name(error: Exception, name: str) -> None:
    assert name_error(error) == name


@pytest.mark.parametrize(
    "error",
    [OSError(987, "?"), OSError("?"), socket.gaierror(987, "?"), ssl_error("NEW"), KeyError("?")],
)
def test_an_error_that_is_not_in_the_list_is_unknown(error: Exception) -> None:
    assert name_error(error) == UNKNOWN


def test_a_verification_error_that_is_not_in_the_list_is_still_one_of_verification() -> None:
    assert name_error(verification_error(987)) == "tls.verification"


def test_every_name_that_the_probe_writes_is_in_the_list() -> None:
    probe = Path(failure.__file__).parent / "probe"
    text = "".join(path.read_text() for path in probe.glob("*.py"))
    written = set(re.findall(r'"((?:dns|tcp|tls|http|upgrade|frame)\.[a-z0-9-]+)"', text))
    assert written
    assert written <= FAILURES
