"""Parses addresses as users write them: URLs, proxies, overrides, origins."""

from __future__ import annotations

import binascii
import re

from msgspec import Struct

from hangup.errors import UsageError

SECURE = {"ws": False, "http": False, "wss": True, "https": True}
PROXY_PORT = 1080  # curl's default for a proxy without a port
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}")
_ALL_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Address(Struct, frozen=True, kw_only=True):
    """A parsed URL; `target` is path and query as sent, `userinfo` a name and a password."""

    secure: bool
    host: str
    port: int
    target: str
    userinfo: tuple[str, str] | None = None

    @property
    def authorization(self) -> str | None:
        """The value of an Authorization header that carries `userinfo` (RFC 7617)."""
        return basic(*self.userinfo) if self.userinfo else None

    def __repr__(self) -> str:
        return f"Address(host={self.host!r}, port={self.port})"


def basic(user: str, password: str) -> str:
    """Give Basic credentials as in RFC 7617, in UTF-8."""
    pair = f"{user}:{password}".encode("utf-8", "surrogateescape")
    return f"Basic {binascii.b2a_base64(pair, newline=False).decode()}"


def parse_url(text: str, where: str = "URL") -> Address:
    """Parse a ws, wss, http or https URL; its path and query stay as they were written.

    Raises:
        UsageError: with a sentence that begins with `where` and quotes no part of the URL
            that could hold a secret.
    """
    _check_characters(text, where)
    scheme = _SCHEME.match(text)
    if not scheme:
        raise UsageError(f"{where}: it must begin with ws://, wss://, http:// or https://")
    secure = SECURE.get(scheme[1].lower())
    if secure is None:
        raise UsageError(f"{where}: the scheme {scheme[1]!r} is not one of ws, wss, http and https")
    if "#" in text:
        raise UsageError(f"{where}: a WebSocket URL has no fragment (RFC 6455, 3); write # as %23")
    authority, target = _split_target(text[scheme.end() :])
    userinfo, host, port = _parse_authority(authority, where)
    return Address(
        secure=secure,
        host=host,
        port=port or (443 if secure else 80),
        target=_percent_encoded(target, where),
        userinfo=userinfo,
    )


def parse_proxy(text: str, where: str = "--proxy") -> tuple[str, int, str | None]:
    """Parse a CONNECT proxy's URL into host, port and the value of Proxy-Authorization.

    Raises:
        UsageError: with a sentence that begins with `where`.
    """
    _check_characters(text, where)
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() != "http":
        raise UsageError(f"{where}: only http:// proxies (CONNECT) can be used")
    authority, target = _split_target(text[scheme.end() if scheme else 0 :])
    if target not in ("", "/"):
        raise UsageError(f"{where}: a proxy has no path; write http://HOST:PORT")
    userinfo, host, port = _parse_authority(authority, where)
    return host, port or PROXY_PORT, basic(*userinfo) if userinfo else None


def parse_resolve(text: str, where: str = "--resolve") -> tuple[str, int, str]:
    """Parse HOST:PORT:ADDRESS; IPv6 may stand in brackets on either side.

    Raises:
        UsageError: with a sentence that begins with `where`.
    """
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]+):([^:]*):\[?([^\[\]]*)\]?", text)
    if not match:
        raise UsageError(f"{where}: write it as HOST:PORT:ADDRESS")
    import ipaddress  # here: few runs name an address, and the first packet waits

    try:
        address = str(ipaddress.ip_address(match[3]))
    except ValueError:
        raise UsageError(f"{where}: what follows HOST:PORT: must be one IP address") from None
    return _parse_host(match[1], where), _parse_port(match[2], where), address


def parse_origin(text: str, where: str = "--origin") -> str:
    """Check a serialized origin (RFC 6454, 6.2): scheme://host[:port] or null.

    Raises:
        UsageError: with a sentence that begins with `where`.
    """
    if text == "null":
        return text
    _check_characters(text, where)
    scheme = _SCHEME.match(text)
    if not scheme:
        raise UsageError(f"{where}: write it as https://app.example.com, or null")
    authority = text[scheme.end() :]
    if re.search(r"[/?#@\\]", authority):
        raise UsageError(f"{where}: an origin ends after the host and its port, without a path")
    _, host, port = _parse_authority(authority, where)
    return f"{scheme[0].lower()}{bracketed(host)}{f':{port}' if port else ''}"


def bracketed(host: str) -> str:
    """Give a host as it stands in a URL: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone, without asking a resolver."""
    if host.lower() == "localhost":
        return True
    import ipaddress  # here: a diagnosis need not know, and the first packet waits

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_characters(text: str, where: str) -> None:
    if not text:
        raise UsageError(f"{where}: it is empty")
    bad = _FORBIDDEN.search(text)
    if bad:
        what = "a space" if bad[0] == " " else f"the control character 0x{ord(bad[0]):02x}"
        raise UsageError(f"{where}: {what} at position {bad.start() + 1} must be percent-encoded")


def _split_target(rest: str) -> tuple[str, str]:
    end = next((i for i, c in enumerate(rest) if c in "/?\\"), len(rest))
    return rest[:end], rest[end:]


def _percent_encoded(target: str, where: str) -> str:
    """Encode what is not ASCII, as browsers do; ASCII stays byte for byte."""
    target = target if target.startswith("/") else f"/{target}"
    if target.isascii():
        return target
    try:
        from urllib.parse import quote  # here: the first packet does not wait for it

        return quote(target, safe=_ALL_ASCII, errors="surrogateescape")
    except UnicodeError:
        raise UsageError(f"{where}: its path cannot be written as UTF-8") from None


def _parse_authority(authority: str, where: str) -> tuple[tuple[str, str] | None, str, int | None]:
    before, at, place = authority.rpartition("@")
    split = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::([^:]*))?", place)
    if not split:
        raise UsageError(f"{where}: the host is malformed; IPv6 addresses stand in brackets")
    port = _parse_port(split[2], where) if split[2] else None
    return _parse_userinfo(before) if at else None, _parse_host(split[1], where), port


def _parse_userinfo(text: str) -> tuple[str, str]:
    user, _, password = text.partition(":")
    return _unquoted(user), _unquoted(password)


def _unquoted(text: str) -> str:
    try:
        from urllib.parse import unquote_to_bytes  # here: the first packet does not wait for it

        return unquote_to_bytes(text).decode("utf-8", "surrogateescape")
    except UnicodeError:  # a surrogate that is no undecodable byte of the command line
        return text.encode("ascii", "replace").decode()


def _parse_host(host: str, where: str) -> str:
    if not host:
        raise UsageError(f"{where}: there is no host")
    if host.startswith("["):
        return _parse_ipv6(host[1:-1], where)
    name = host if host.isascii() else _to_ascii(host, where)
    labels = name.removesuffix(".").split(".")
    if len(name) > 254 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UsageError(f"{where}: the host is no valid name")
    return name.lower()


def _parse_ipv6(text: str, where: str) -> str:
    if "%" in text:
        raise UsageError(f"{where}: IPv6 zones are not supported")
    import ipaddress  # here: as above

    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise UsageError(f"{where}: what stands in brackets is no IPv6 address") from None


def _to_ascii(host: str, where: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{where}: the host is no valid internationalized name") from None


def _parse_port(text: str, where: str) -> int:
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise UsageError(f"{where}: the port must be a number from 1 to 65535")
    return int(text)
