"""Turns the user's options into an inquiry, or refuses them before anything is sent."""

from __future__ import annotations

import math
from typing import Literal

from hangup.address import Address, bracketed, parse_origin, parse_proxy, parse_resolve, parse_url
from hangup.cli.fields import make_credential, parse_headers, parse_subprotocols, read_secret
from hangup.cli.options import Options
from hangup.conversation import Conversation, converse
from hangup.credentials import secrets_of
from hangup.endpoint import Credential, Endpoint, Tls
from hangup.errors import UsageError
from hangup.in_band import secrets_said
from hangup.inquiry import Inquiry, slow_reading
from hangup.pattern import pattern_problem

Headers = tuple[tuple[str, str], ...]
FEWEST, MOST = 2, 2000
"""Connections of a crowd."""
SPARE = 64
"""Files that this process needs beside the connections of a crowd."""


def build_inquiry(options: Options) -> tuple[Inquiry, tuple[str, ...]]:
    """Give the inquiry and every secret in it; files are read and checked.

    Raises:
        UsageError: for the first thing that is wrong, in one sentence.
    """
    _check_limits(options)
    endpoint = _endpoint(options)
    bypass = _bypass(options, endpoint)
    _check_tls(options, endpoint, bypass)
    _check_overrides(options, endpoint, bypass)
    conversation = _conversation(options)
    inquiry = Inquiry(
        endpoint=endpoint,
        conversation=conversation,
        differently=_differently(options, conversation),
        resume=_resume(options),
        bypass=bypass,
        budget=options.budget,
        idle=options.idle,
        read_slowly=options.read_slowly,
        max_connections=options.max_connections,
        crowd=options.crowd,
    )
    said = secrets_said(inquiry.spoken)
    return inquiry, (*secrets_of(endpoint, bypass), *said)


def _endpoint(options: Options) -> Endpoint:
    address = parse_url(options.url)
    headers = parse_headers(options.header)
    headers, origin = _take_origin(headers, options.origin)
    headers, credential = _take_credential(headers, options)
    headers = _with_userinfo(address, headers, credential, "URL")
    _check_authorization(headers, credential)
    return Endpoint(
        secure=address.secure,
        host=address.host,
        port=address.port,
        target=address.target,
        headers=headers,
        credential=credential,
        other_credential=_other(options, credential),
        subprotocols=parse_subprotocols(options.subprotocol),
        origin=origin,
        tls=_tls(options),
        family=_family(options, address),
        overrides=tuple(parse_resolve(text) for text in options.resolve),
        http_proxy=parse_proxy(options.proxy) if options.proxy is not None else None,
    )


def _check_limits(options: Options) -> None:
    if not math.isfinite(options.budget) or options.budget <= 0:
        raise UsageError("--budget: it must be a number of seconds above 0")
    if options.idle is not None:
        if not math.isfinite(options.idle) or options.idle <= 0:
            raise UsageError("--idle: it must be a number of seconds above 0")
        if options.idle >= options.budget:
            raise UsageError(
                f"--idle: {options.idle:g} s do not fit into --budget {options.budget:g} s"
            )
    _check_read_slowly(options.read_slowly, options.budget)
    if options.max_connections < 1:
        raise UsageError("--max-connections: it must be at least 1")
    if options.crowd is not None:
        _check_crowd(options.crowd)


def _check_crowd(most: int) -> None:
    """Refuse a crowd that is none, that is an attack, or for which this process has no files."""
    if not FEWEST <= most <= MOST:
        raise UsageError(f"--crowd: it must be from {FEWEST} to {MOST}")
    from hangup.probe.files import most_files  # here: most runs hold no crowd

    files = most_files()
    if files is not None and files < most + SPARE:
        raise UsageError(f"--crowd: this process may open {files} files only (ulimit -Hn)")


def _check_read_slowly(seconds: float | None, budget: float) -> None:
    if seconds is None:
        return
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError("--read-slowly: it must be a number of seconds above 0")
    if slow_reading(seconds) > budget:
        raise UsageError(
            f"--read-slowly: {seconds:g} s need --budget {slow_reading(seconds):g} at least"
        )


def _take_origin(headers: Headers, origin: str | None) -> tuple[Headers, str | None]:
    """Move an Origin header to where the experiments on origins find it."""
    given = [value for name, value in headers if name.lower() == "origin"]
    if len(given) + (origin is not None) > 1:
        raise UsageError("--origin: an Origin is given twice")
    rest = tuple(h for h in headers if h[0].lower() != "origin")
    if given:
        return rest, parse_origin(given[0], "--header: Origin")
    return rest, parse_origin(origin) if origin is not None else None


def _take_credential(headers: Headers, options: Options) -> tuple[Headers, Credential | None]:
    """Give the credential; a bearer token among the headers is one too, so it can be varied."""
    if options.token is not None:
        token = read_secret(options.token, "--token")
        return headers, make_credential(token, options.token_in, options.token_name, "--token")
    if options.token_name is not None:
        raise UsageError("--token-name: it needs --token")
    if options.token_in != "header":  # noqa: S105
        raise UsageError("--token-in: it needs --token")
    bearers = [h for h in headers if h[0] == "Authorization" and h[1].startswith("Bearer ")]
    if len(bearers) != 1 or not bearers[0][1][7:].strip():
        return headers, None
    rest = tuple(h for h in headers if h is not bearers[0])
    return rest, Credential(token=bearers[0][1][7:])


def _with_userinfo(
    address: Address, headers: Headers, credential: Credential | None, where: str
) -> Headers:
    if address.authorization is None:
        return headers
    if _carries_authorization(credential) or _authorizations(headers):
        raise UsageError(f"{where}: its user and password and another Authorization are both given")
    return (*headers, ("Authorization", address.authorization))


def _check_authorization(headers: Headers, credential: Credential | None) -> None:
    if _authorizations(headers) + _carries_authorization(credential) > 1:
        raise UsageError("--header: an Authorization is given twice")


def _authorizations(headers: Headers) -> int:
    return sum(name.lower() == "authorization" for name, _ in headers)


def _carries_authorization(credential: Credential | None) -> bool:
    if credential is None or credential.place != "header":
        return False
    return (credential.name or "authorization").lower() == "authorization"


def _other(options: Options, credential: Credential | None) -> Credential | None:
    if options.other_token is None:
        return None
    if credential is None:
        raise UsageError("--other-token: it needs --token")
    token = read_secret(options.other_token, "--other-token")
    if token == credential.token:
        raise UsageError("--other-token: it is the same as --token")
    return make_credential(token, credential.place, credential.name, "--other-token")


def _tls(options: Options) -> Tls:
    return Tls(
        ca_file=options.cacert,
        cert_file=options.cert,
        key_file=options.key,
        verify=not options.insecure,
    )


def _family(options: Options, address: Address) -> Literal["any", "ipv4", "ipv6"]:
    if options.ipv4 and options.ipv6:
        raise UsageError("-4: it cannot be combined with -6")
    if options.ipv4 and ":" in address.host:
        raise UsageError("-4: the URL's host is an IPv6 address")
    if options.ipv6 and address.host.replace(".", "").isdigit():
        raise UsageError("-6: the URL's host is an IPv4 address")
    return "ipv4" if options.ipv4 else "ipv6" if options.ipv6 else "any"


def _bypass(options: Options, endpoint: Endpoint) -> Endpoint | None:
    """Give the same endpoint at another place; without a path it has the path of the URL."""
    if options.bypass is None:
        return None
    address = parse_url(options.bypass, "--bypass")
    bare = address.target == "/" and not options.bypass.endswith("/")
    headers = endpoint.headers
    if address.authorization is not None:
        kept = tuple(h for h in headers if h[0].lower() != "authorization")
        headers = _with_userinfo(address, kept, endpoint.credential, "--bypass")
    bypass = endpoint.with_(
        secure=address.secure,
        host=address.host,
        port=address.port,
        target=endpoint.target if bare else address.target,
        headers=headers,
        http_proxy=None,
    )
    if bypass.url == endpoint.url and endpoint.http_proxy is None:
        raise UsageError("--bypass: it is the URL itself")
    return bypass


def _check_tls(options: Options, endpoint: Endpoint, bypass: Endpoint | None) -> None:
    files = {"--cacert": options.cacert, "--cert": options.cert, "--key": options.key}
    given = [option for option, path in files.items() if path is not None]
    if not given:
        return
    if not (endpoint.secure or (bypass and bypass.secure)):
        raise UsageError(f"{given[0]}: it has no effect on ws://, which has no TLS")
    if options.cacert is not None and options.insecure:
        raise UsageError("--cacert: it has no effect together with --insecure")
    if options.key is not None and options.cert is None:
        raise UsageError("--key: it needs --cert")
    from hangup.cli.certificates import check_tls_files  # here: ssl is slow to import

    check_tls_files(endpoint.tls)


def _check_overrides(options: Options, endpoint: Endpoint, bypass: Endpoint | None) -> None:
    used = {(each.host, each.port) for each in (endpoint, bypass) if each}
    if endpoint.http_proxy:
        used.add(endpoint.http_proxy[:2])
    for host, port, address in endpoint.overrides:
        if (host, port) not in used:
            raise UsageError(f"--resolve: nothing connects to {bracketed(host)}:{port}")
        if endpoint.family == ("ipv4" if ":" in address else "ipv6"):
            raise UsageError(f"--resolve: {address} is not of the family that -4 or -6 asks for")


def _resume(options: Options) -> str | None:
    if options.resume is not None:
        _check_text(options.resume, "--resume")
    return options.resume


def _differently(options: Options, conversation: Conversation) -> str | None:
    text = options.differently
    if text is None:
        return None
    if not text:
        raise UsageError("--differently: it is empty; give the other message")
    _check_text(text, "--differently")
    if not conversation.sends:
        raise UsageError("--differently: it needs --send, whose last message it replaces")
    if text == conversation.sends[-1].data:
        raise UsageError("--differently: it is the same as the last message that is sent")
    return text


def _check_text(text: str, where: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeError:
        raise UsageError(f"{where}: it is not UTF-8, and no text message can hold it") from None


def _conversation(options: Options) -> Conversation:
    if options.scenario is not None:
        if options.send or options.expect:
            raise UsageError("--scenario: it cannot be combined with --send or --expect")
        from hangup.scenario import read_scenario  # here: yaml is slow to import

        return read_scenario(options.scenario)
    for number, pattern in enumerate(options.expect, start=1):
        problem = pattern_problem(pattern)
        if problem:
            raise UsageError(f"--expect: number {number} is no regular expression: {problem}")
    for text in options.send:
        try:
            text.encode("utf-8")
        except UnicodeError:
            raise UsageError("--send: it is not UTF-8; --scenario can send any bytes") from None
    return converse(options.send, options.expect)
