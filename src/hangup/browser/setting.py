"""How a browser is to be started for an endpoint, and what of the order it cannot be given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from hangup.address import bracketed
from hangup.endpoint import Endpoint
from hangup.probe.opening import credential_headers, subprotocols_of, target_of

USUAL_ORIGIN = "http://127.0.0.1"
"""The origin of the page when the user names none."""
ALLOWED = ("cookie", "host", "user-agent", "sec-websocket-protocol", "traceparent")
"""Headers that a browser sends by itself or can be made to send, or that are ours."""
OFF = (
    "LocalNetworkAccessChecks",  # a page that is served from nowhere counts as a public one
    "LocalNetworkAccessChecksWebSockets",
    "HttpsUpgrades",  # the origin is to be the one that was named
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "OptimizationHints",
    "Translate",
)
"""Features of Chromium that would make its page another one, or that are of no use here."""
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
)


class Setting(Struct, frozen=True, kw_only=True):
    """What a page is to be and to do: its origin, the URL and subprotocols that it opens.

    `cookies` are those of the browser for that URL, `unsendable` the names of headers that no
    script can send, `limits` what else is not as with the probe, in sentences.
    """

    origin: str
    url: str
    subprotocols: tuple[str, ...]
    agent: str | None
    cookies: tuple[tuple[str, str], ...]
    unsendable: tuple[str, ...]
    flags: tuple[str, ...]
    limits: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Setting(origin={self.origin!r})"  # the rest holds credentials


def setting_for(endpoint: Endpoint, *, verified: bool, address: str | None = None) -> Setting:
    """Give how the endpoint is opened from a page.

    `verified` says that the probe found the peer's certificate good, by the authorities that it
    was given; `address` is where it connected to.
    """
    headers = (*endpoint.headers, *credential_headers(endpoint.credential))
    agents = [value for name, value in headers if name.lower() == "user-agent"]
    return Setting(
        origin=endpoint.origin or USUAL_ORIGIN,
        url=endpoint.with_(target=target_of(endpoint)).url,
        subprotocols=_offered(endpoint),
        agent=agents[-1] if agents else None,
        cookies=tuple(_cookies(headers)),
        unsendable=tuple(dict.fromkeys(n for n, _ in headers if n.lower() not in ALLOWED)),
        flags=(*QUIET, *_network(endpoint, address), *_trust(endpoint, verified), *_sandbox()),
        limits=tuple(_limits(endpoint, headers, verified)),
    )


def preferences() -> Mapping[str, object]:
    """Give what the profile is to hold: no connection is opened ahead of a use (2: never)."""
    return {"net": {"network_prediction_options": 2}}


def _offered(endpoint: Endpoint) -> tuple[str, ...]:
    """Give the subprotocols, those too that were written as a header."""
    names = [v for k, v in endpoint.headers if k.lower() == "sec-websocket-protocol"]
    said = (name.strip() for line in names for name in line.split(","))
    return (*subprotocols_of(endpoint), *(name for name in said if name))


def _cookies(headers: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() == "cookie":
            for crumb in value.split(";"):
                key, _, content = crumb.strip().partition("=")
                if key:
                    yield key, content


def _network(endpoint: Endpoint, address: str | None) -> Iterator[str]:
    """Let the browser reach the endpoint, through the proxy if there is one, and nothing else."""
    yield f"--disable-features={','.join(OFF)}"
    host, port = endpoint.host, endpoint.port
    if endpoint.http_proxy:
        host, port, _ = endpoint.http_proxy
        yield f"--proxy-server=http://{bracketed(host)}:{port}"
        yield "--proxy-bypass-list=<-loopback>"
    else:
        yield "--no-proxy-server"
    chosen = endpoint.family != "any"
    overrides = {(h, p): to for h, p, to in endpoint.overrides}
    to = overrides.get((host, port)) or (address if chosen and address else host)
    yield (
        f"--host-resolver-rules=MAP {bracketed(host)}:{port} {bracketed(to)}:{port}, "
        "MAP * ~NOTFOUND"
    )


def _trust(endpoint: Endpoint, verified: bool) -> Iterator[str]:
    if endpoint.secure and (not endpoint.tls.verify or (endpoint.tls.ca_file and verified)):
        yield "--ignore-certificate-errors"


def _sandbox() -> Iterator[str]:
    if os.geteuid() == 0:
        yield "--no-sandbox"  # Chromium's sandbox refuses to be set up by root


def _limits(
    endpoint: Endpoint, headers: tuple[tuple[str, str], ...], verified: bool
) -> Iterator[str]:
    if endpoint.origin is None:
        yield f"No --origin was given, so the page's is {USUAL_ORIGIN}."
    if any(name.lower() == "host" for name, _ in headers):
        yield "A browser sends the Host of the URL, whatever --header says."
    tls = endpoint.tls
    if endpoint.secure and tls.ca_file and verified:
        yield (
            "Chromium takes no authorities from a file: as the probe verified the certificate "
            "by those of --cacert, it was told to accept it."
        )
    if endpoint.secure and tls.cert_file:
        yield "Chromium takes no client certificate from a file, so it offers none."
    if endpoint.http_proxy and endpoint.http_proxy[2]:
        yield "Chromium cannot be given the user and password of --proxy."


def profile_in(folder: Path) -> Path:
    """Make a fresh profile in a folder, with our preferences, and give its path."""
    import json  # here: only a run with a browser needs it

    profile = folder / "profile"
    (profile / "Default").mkdir(parents=True)
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences()))
    return profile
