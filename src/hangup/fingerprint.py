"""Who wrote an HTTP answer, and what its body is known to mean: tables of the field's phrases."""

from __future__ import annotations

import re

from hangup.event import ResponseReceived

# The Server header names its software; the first match wins.
SERVERS = (
    ("cloudflare", "edge"),
    ("akamai", "edge"),
    ("cloudfront", "edge"),
    ("sucuri", "edge"),
    ("awselb", "edge"),
    ("google frontend", "edge"),
    ("envoy", "envoy"),
    ("nginx", "nginx"),
    ("openresty", "nginx"),
    ("haproxy", "haproxy"),
    ("caddy", "caddy"),
    ("apache", "apache"),
    ("varnish", "varnish"),
    ("traefik", "traefik"),
    ("uvicorn", "asgi"),
    ("hypercorn", "asgi"),
    ("daphne", "asgi"),
    ("granian", "asgi"),
    ("gunicorn", "wsgi"),
    ("wsgiserver", "wsgi"),
    ("werkzeug", "wsgi"),
    ("waitress", "wsgi"),
    ("websockets", "ws-library"),
    ("tornadoserver", "application"),
    ("aiohttp", "application"),
    ("python/", "application"),
)
UNMISTAKABLE = frozenset(
    {
        "plain-to-tls",
        "session-unknown",
        "eio-version",
        "hijacker",
        "subprotocol",
        "client-certificate",
    }
)
"""Meanings whose phrases nobody else writes."""
PROXIES = frozenset({"nginx", "haproxy", "caddy", "apache", "varnish", "envoy", "traefik", "edge"})
EDGE_HEADERS = ("cf-ray", "x-amz-cf-id", "x-sucuri-id", "x-akamai-request-id", "x-waf-event-id")

# Phrases of bodies and reason phrases, and the name of what they mean.
BODIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("client-certificate", re.compile(r"(SSL|client) certificate (was sent|error|required)|"
                                      r"certificate was not provided|No required SSL", re.I)),
    ("dependency", re.compile(r"ECONNREFUSED|ETIMEDOUT|connection refused|could not connect|"
                              r"database (is )?(down|unavail|error|unreach)", re.I)),
    ("plain-to-tls", re.compile(r"plain HTTP request was sent|HTTP request to an HTTPS", re.I)),
    ("session-unknown", re.compile(r"Session ID unknown|No Connection with that ID", re.I)),
    ("eio-version", re.compile(r"Unsupported protocol version|"
                               r"unsupported version of the Socket\.IO", re.I)),
    ("hijacker", re.compile(r"Hijacker", re.I)),
    ("bad-key-version", re.compile(r"Sec-WebSocket-(Key|Version)|unsupported version", re.I)),
    ("upgrade-required", re.compile(r"Upgrade Required|invalid Connection header|"
                                    r"Can \"Upgrade\" only to|upgrade header|"
                                    r"missing .?upgrade|Connection header (is )?missing|"
                                    r"not a websocket|expected websocket", re.I)),
    ("http-version", re.compile(r"HTTP Version Not Supported|HTTP/1\.1 (is )?required", re.I)),
    ("challenge", re.compile(r"Attention Required|Just a moment|captcha|Request unsuccessful|"
                             r"blocked by|security (rule|policy)|reference #", re.I)),
    ("origin-missing", re.compile(r"(missing|no|without|require\w*) (an? )?origin\b|"
                                  r"origin\b.{0,12} (missing|required|not set)", re.I)),
    ("origin", re.compile(r"\borigin\b|CheckOrigin|cross-site", re.I)),
    ("not-yet-valid", re.compile(r"not yet valid|iat|nbf|used before|future", re.I)),
    ("expired", re.compile(r"expired", re.I)),
    ("token", re.compile(r"token|credential|unauthori[sz]ed|authenticat|not logged in|jwt|"
                         r"signature|segments|audience", re.I)),
    ("rate", re.compile(r"too many|rate.?limit|slow down|quota", re.I)),
    ("not-ready", re.compile(r"not ready|starting|warming|try again", re.I)),
    ("validation", re.compile(r"\"loc\"|field required|validation|missing .*param", re.I)),
    ("occupied", re.compile(r"already (connected|open|logged)|session (exists|is still|in use)|"
                            r"still (active|open|connected)", re.I)),
    ("subprotocol", re.compile(r"subprotocol|unsupported protocol", re.I)),
    ("gateway", re.compile(r"Bad Gateway|Service Unavailable|Gateway Time-?out", re.I)),
)  # fmt: skip

CLOSE_REASONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("auth", re.compile(r"(initiali[sz]ation|login|auth\w*|credential\w*|hello|init) time-?d? ?out",
                        re.I)),
    ("dependency", re.compile(r"\b(redis|postgres|mysql|mongo\w*|kafka|rabbit\w*|broker|database|"
                              r"upstream|backend)\b.*(error|down|refused|unreach|unavail|lost|"
                              r"fail|tim)|connection refused|could not connect", re.I)),
    ("keepalive", re.compile(r"keepalive|ping time|pong time|heartbeat", re.I)),
    ("occupied", re.compile(r"already (connected|open|logged|in use)|duplicate|another|replaced|"
                            r"newer|other (session|login|device|tab)|elsewhere", re.I)),
    ("expired", re.compile(r"expired", re.I)),
    ("not-yet-valid", re.compile(r"not yet valid|\bnbf\b|\biat\b|used before", re.I)),
    ("origin", re.compile(r"\borigin\b", re.I)),
    ("auth", re.compile(r"auth|token|credential|jwt|forbidden|permission|login|denied|"
                        r"signature|segments|verif|audience|issuer|claim", re.I)),
    ("idle", re.compile(r"\bidle|inactiv|no activity|tim(ed?|e-)[ -]?out", re.I)),
    ("not-ready", re.compile(r"not ready|unavailable|starting|initiali[sz]|not available", re.I)),
    ("restart", re.compile(r"restart|shut|going away|deploy|reload|maintenance", re.I)),
    ("size", re.compile(r"too (big|large|long)|exceed|max(imum)? (frame|message)", re.I)),
    ("rate", re.compile(r"too many|rate|limit|quota|capacity|overload", re.I)),
    ("protocol", re.compile(r"protocol|mask|rsv|reserved|opcode|utf|fragment|frame", re.I)),
    ("constant", re.compile(r"internal|error|exception|unexpected|fail|went wrong", re.I)),
)  # fmt: skip


def answerer_of(response: ResponseReceived) -> str:
    """Name the kind of software that wrote a response, `unknown` when nothing tells."""
    if any(response.header(name) for name in EDGE_HEADERS):
        return "edge"
    server = (response.header("server") or "").lower()
    for words, name in SERVERS:
        if words in server:
            return name
    if response.status == 403 and not response.body:
        return "asgi"
    return "haproxy" if _is_haproxy(response) else "unknown"


def _is_haproxy(response: ResponseReceived) -> bool:
    """HAProxy's own error pages: lower-case header names, a fixed HTML sentence, no Server."""
    body = response.body.decode("latin-1")
    lower = all(name == name.lower() for name, _ in response.headers)
    return lower and body.startswith("<html><body><h1>") and "</h1>" in body


def meaning_of(response: ResponseReceived) -> str:
    """Name what a response's reason phrase and body are known to mean, `none` when nothing."""
    text = f"{response.reason}\n{response.body[:2048].decode('utf-8', 'replace')}"
    if response.status in (502, 503, 504) and answerer_of(response) in PROXIES:
        return "gateway"
    said = next((name for name, words in BODIES if words.search(text)), "none")
    # Servers name the version that they speak in each refusal; their words say what was wrong.
    names_version = response.status in (400, 426) and response.header("sec-websocket-version")
    return "bad-key-version" if names_version and said != "upgrade-required" else said


def body_kind(response: ResponseReceived) -> str:
    """Name the kind of a response's body: empty, html, json or other."""
    body = response.body.lstrip()[:256].lower()
    if not response.body_size and not body:
        return "empty"
    if body.startswith((b"{", b"[")):
        return "json"
    html = body.startswith(b"<") or "html" in (response.header("content-type") or "")
    return "html" if html else "other"


def reason_kind(reason: str) -> str:
    """Name what a close frame's reason speaks of: `none` when empty, `other` when unknown."""
    if not reason:
        return "none"
    return next((name for name, words in CLOSE_REASONS if words.search(reason)), "other")
