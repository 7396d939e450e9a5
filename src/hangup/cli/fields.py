"""Parses what goes into the opening request: headers, subprotocols, credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from hangup.cli.failing import reason_of
from hangup.endpoint import Credential, TokenPlace
from hangup.errors import UsageError

MOST_FILE = 64 * 1024
DEFAULT_NAMES: dict[str, str] = {"query": "token", "cookie": "token", "message": "token"}
OURS = {
    "connection": "the opening handshake sets it",
    "upgrade": "the opening handshake sets it",
    "sec-websocket-key": "the opening handshake sets it",
    "sec-websocket-version": "the opening handshake sets it",
    "sec-websocket-accept": "it belongs to the server's answer",
    "sec-websocket-extensions": "the experiments set it",
    "sec-websocket-protocol": "use --subprotocol",
    "content-length": "the opening request has no body",
    "transfer-encoding": "the opening request has no body",
}
# Not compiled here: most runs use none of them, and the first packet waits for all imports.
WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # a token of RFC 9110, 5.6.2
CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"  # RFC 9110, 5.5 allows the tab
COOKIE_VALUE = r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+"  # RFC 6265, 4.1.1


def parse_headers(texts: Iterable[str], where: str = "--header") -> tuple[tuple[str, str], ...]:
    """Parse `Name: value` lines; `@FILE` stands for the lines of a file, as in curl.

    Raises:
        UsageError: with a sentence that quotes no value, for it could be a secret.
    """
    found: list[tuple[str, str]] = []
    for text in texts:
        if text.startswith("@"):
            lines = read_small(text[1:], where).splitlines()
            found += [parse_header(line, where) for line in lines if line.strip()]
        else:
            found.append(parse_header(text, where))
    return tuple(found)


def parse_header(text: str, where: str = "--header") -> tuple[str, str]:
    """Parse one `Name: value`.

    Raises:
        UsageError: when it could not be sent as one header that is the user's to set.
    """
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageError(f"{where}: write it as 'Name: value'; there is no colon")
    if not re.fullmatch(WORD, name):
        raise UsageError(f"{where}: the name before the colon is no header name (RFC 9110, 5.1)")
    reason = OURS.get(name.lower())
    if reason:
        raise UsageError(f"{where}: {name} cannot be given: {reason}")
    value = value.strip(" \t")
    check_value(value, f"{where}: the value of {name}")
    return name, value


def check_value(value: str, what: str) -> None:
    """Refuse a header value that is empty or would break out of its line (RFC 9110, 5.5)."""
    if not value:
        raise UsageError(f"{what} is empty")
    bad = re.search(CONTROL, value)
    if bad:
        raise UsageError(f"{what} holds the control character 0x{ord(bad[0]):02x}")
    _check_encodable(value, what)


def parse_subprotocols(texts: Iterable[str]) -> tuple[str, ...]:
    """Check offered subprotocols: tokens, each once (RFC 6455, 4.1).

    Raises:
        UsageError: with what is wrong.
    """
    found: list[str] = []
    for text in texts:
        if not re.fullmatch(WORD, text):
            raise UsageError(
                "--subprotocol: it must be a token: letters, digits and !#$%&'*+-.^_`|~"
            )
        if text in found:
            raise UsageError(f"--subprotocol: number {len(found) + 1} was given before")
        found.append(text)
    return tuple(found)


def read_secret(text: str, where: str) -> str:
    """Give a secret written directly, as `@FILE` or as `env:NAME`.

    Raises:
        UsageError: when it is not there or could not travel unharmed.
    """
    if text.startswith("@"):
        # The name is not quoted: a secret of its own may begin with this character.
        text = read_small(text[1:], where, "the file after @").strip("\r\n")
    elif text.startswith("env:"):
        name = text[4:]
        value = os.environ.get(name) if name else None
        if value is None:
            raise UsageError(f"{where}: the environment variable after env: is not set")
        text = value
    if not text:
        raise UsageError(f"{where}: it is empty")
    if text != text.strip():
        raise UsageError(f"{where}: it begins or ends with white space")
    return text


def make_credential(token: str, place: TokenPlace, name: str | None, where: str) -> Credential:
    """Make a credential that can travel where it should.

    Raises:
        UsageError: when its characters cannot travel there.
    """
    if name is not None:
        _check_name(name, place)
    if place == "header":
        check_value(token, f"{where}: the token")
    elif place == "cookie" and not re.fullmatch(COOKIE_VALUE, token):
        raise UsageError(f"{where}: it holds characters that no cookie can carry (RFC 6265)")
    elif place == "subprotocol" and not re.fullmatch(WORD, token):
        raise UsageError(
            f"{where}: it holds characters that no subprotocol can carry; encode it (base64url)"
        )
    _check_encodable(token, f"{where}: the token")
    return Credential(token=token, place=place, name=name or DEFAULT_NAMES.get(place))


def read_small(path: str, where: str, what: str | None = None) -> str:
    """Read a text file of at most 64 KiB; an error quotes its path, or calls it `what`.

    Raises:
        UsageError: when it cannot be read.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib would delay the first packet
            raw = file.read(MOST_FILE + 1)
    except (OSError, ValueError) as exc:
        raise UsageError(
            f"{where}: {what or repr(path)} cannot be read: {reason_of(exc)}"
        ) from None
    if len(raw) > MOST_FILE:
        raise UsageError(f"{where}: {what or repr(path)} is larger than {MOST_FILE // 1024} KiB")
    return raw.decode("utf-8", "surrogateescape")


def _check_name(name: str, place: TokenPlace) -> None:
    if place in ("header", "cookie", "subprotocol") and not re.fullmatch(WORD, name):
        raise UsageError(f"--token-name: it is no name that a {place} can have")
    if place == "header" and name.lower() in OURS:
        raise UsageError(f"--token-name: {name} cannot be given: {OURS[name.lower()]}")
    if not name:
        raise UsageError("--token-name: it is empty")
    _check_encodable(name, "--token-name: it")


def _check_encodable(text: str, what: str) -> None:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeError:
        raise UsageError(f"{what} cannot be written as UTF-8") from None
