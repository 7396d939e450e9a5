"""Access lines of servers and proxies, counted: how many upgrades, refusals, and how long."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from hangup.logs.clean import clean, clean_path
from hangup.logs.stamps import find_stamp

MOST_PATHS = 500
MOST_SAMPLED = 4096
"""Durations of a path that are kept, a random choice when there are more."""
MOST_PEERS = 10_000
SPIKE = 0.3
"""The share of connections that one length must have to be called a timer."""
FEWEST = 3
_REQUEST = re.compile(
    rb'\\?"(?P<method>[A-Z]+) (?P<target>[^ "\\]+)(?: (?:HTTP/)?[\d.]+)?\\?" '
    rb"(?P<status>\d{3}\b|- -)(?P<rest>[^\n]*)"
)
_WEBSOCKETS = re.compile(rb'"WebSocket (/[^ "?\\]*)[^"]*" (\[accepted\]|\d{3})')
_REFUSALS = re.compile(rb'"[A-Z]+ ([^ "?\\]+)[^"\n]*" ([45]\d\d) ')
_HAPROXY = re.compile(
    rb" (?:[-+\d]+/){4}\+?(?P<took>\d+) (?P<status>\d{3}|-1) \+?\d+ \S+ \S+ (?P<end>\S{4}) "
    rb'[^"]*"(?P<method>[A-Z]+) (?P<target>\S+)'
)
_NAMED_TIME = re.compile(rb'(?:\brt|request_time|duration|latency)[=:]"?(?P<took>\d+\.\d+)')
_LAST_TIME = re.compile(rb' "?(?P<took>\d+\.\d{3})"?\s*$')  # nginx's $request_time at the end
_ENVOY_TIME = re.compile(rb" \d+ \d+ (?P<took>\d+) (?:\d+|-) ")
_ENVOY = re.compile(rb'\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \\?"')
_NGINX_ERROR = re.compile(
    rb"\d#\d+: (?:\*\d+ )?(?P<what>[^\n]{5,200}?), client: [^\n]*?"
    rb'request: "\w+ (?P<target>[^ "]+)'
)
_APACHE_ERROR = re.compile(rb"(?P<what>(?:\(\d+\)[^:\n]+: )?(?:\[client [^\]]+\] )?AH\d+: [^\n]+)")
_ADDRESSES = re.compile(r"\d+\.\d+\.\d+\.\d+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?")
_PEER = re.compile(rb"^(?:[^\n]*?\s)?(?P<peer>[\d.]+:\d+) - - \[")
_LIKELY = re.compile(
    r"(?i)(?:^|[/_.-])(?:ws|wss|websockets?|socket\.io|sockjs|cable|realtime|live)(?:$|[/_.-])"
)
_PATHS = ("requestUrl", "request_uri", "uri", "path", "url", "RequestPath", "request", "http.url")
_STATUSES = ("status", "response_code", "status_code", "DownstreamStatus", "http.status_code")
_TIMES: tuple[tuple[str, float], ...] = (
    ("latency", 1.0), ("request_time", 1.0), ("duration_s", 1.0), ("duration_ms", 1e-3),
    ("Duration", 1e-9), ("duration", 1.0),
)  # fmt: skip
"""Fields that hold a duration, and their unit in seconds; Envoy's own `duration` is in ms."""


class PathCount(Struct):
    """What one path's requests came to; durations, in seconds, are those of upgrades."""

    statuses: Counter[int] = field(default_factory=Counter)
    durations: list[float] = field(default_factory=list)
    timed: int = 0
    shortest: float = 0.0
    longest: float = 0.0
    upgraded: bool = False

    def add_duration(self, took: float, choose: random.Random) -> None:
        """Count a duration; of many a random choice is kept."""
        self.shortest = min(self.shortest, took) if self.timed else took
        self.longest = max(self.longest, took)
        self.timed += 1
        if len(self.durations) < MOST_SAMPLED:
            self.durations.append(took)
        elif (place := choose.randrange(self.timed)) < MOST_SAMPLED:
            self.durations[place] = took

    @property
    def median(self) -> float:
        """The median duration."""
        return sorted(self.durations)[len(self.durations) // 2] if self.durations else 0.0

    def spike(self) -> tuple[float, float] | None:
        """Give the length that so many connections share that a timer is likely, and the share."""
        lengths = Counter(round(took) for took in self.durations if took >= 1)
        if not lengths:
            return None
        length = lengths.most_common(1)[0][0]
        count = lengths[length - 1] + lengths[length] + lengths[length + 1]
        share = count / len(self.durations)
        return (float(length), share) if count >= FEWEST and share >= SPIKE else None


class Access:
    """Counts access lines by path and status, and the failures that proxies name."""

    def __init__(self) -> None:
        self.paths: dict[str, PathCount] = {}
        self.proxy_errors: Counter[str] = Counter()
        self._cleaned: dict[str, str] = {}
        self._peers: dict[bytes, tuple[str, float]] = {}
        self._choose = random.Random(0)  # noqa: S311 - a sample, no secret

    def take(self, record: bytes) -> None:
        """Count one line, when it is of access or of a proxy's error."""
        match = _REQUEST.search(record)
        if match:
            self._of_request(record, match)
        elif haproxy := _HAPROXY.search(record):
            took = int(haproxy["took"]) / 1000
            self._count(haproxy["target"].decode("latin-1"), int(haproxy["status"]), took)
        elif error := _NGINX_ERROR.search(record) or _APACHE_ERROR.search(record):
            self._of_error(error["what"].decode("utf-8", "replace"))
        elif record.lstrip()[:1] in (b"{", b"["):
            self._of_json(record)

    def take_upgrades(self, block: bytes) -> None:
        """Count all that uvicorn says of WebSockets in some lines."""
        for (target, status), times in Counter(_WEBSOCKETS.findall(block)).items():
            code = 101 if status == b"[accepted]" else int(status)
            self._count(target.decode("latin-1"), code, None, True, times)

    def take_refusals(self, block: bytes) -> None:
        """Count all requests in some lines that were answered with 4xx or 5xx."""
        for (target, status), times in Counter(_REFUSALS.findall(block)).items():
            self._count(target.decode("latin-1"), int(status), None, False, times)

    def websockets(self) -> dict[str, PathCount]:
        """Give the paths on which there were upgrades, or whose name speaks of them."""
        return {
            path: count
            for path, count in sorted(self.paths.items())
            if count.upgraded or count.statuses[101] or _LIKELY.search(path)
        }

    def _of_request(self, record: bytes, match: re.Match[bytes]) -> None:
        target, method = match["target"].decode("latin-1"), match["method"]
        status = match["status"]
        if method in (b"WSCONNECT", b"WSDISCONNECT"):
            self._of_daphne(record, target, method == b"WSCONNECT")
        elif status.isdigit() and method not in (b"WSCONNECTING", b"WSREJECT"):
            took = None
            if status == b"101":
                took = _duration_in(match["rest"], _ENVOY.search(record) is not None)
            self._count(target, int(status), took)
        elif method == b"WSREJECT":
            self._count(target, 403, None, upgraded=True)

    def _of_daphne(self, record: bytes, target: str, begins: bool) -> None:
        peer = _PEER.search(record)
        stamp = find_stamp(record[:300].decode("latin-1"))
        if begins:
            self._count(target, 101, None, upgraded=True)
            if peer and stamp and len(self._peers) < MOST_PEERS:
                self._peers[peer["peer"]] = (target, stamp[0])
        elif peer and stamp and (began := self._peers.pop(peer["peer"], None)):
            self._path(began[0]).add_duration(max(0.0, stamp[0] - began[1]), self._choose)

    def _of_error(self, what: str) -> None:
        text = clean(_ADDRESSES.sub("*", re.sub(r"^\[client [^\]]+\] ", "", what)), 160)
        if text in self.proxy_errors or len(self.proxy_errors) < MOST_PATHS:
            self.proxy_errors[text] += 1

    def _of_json(self, record: bytes) -> None:
        try:
            fields = msgspec.json.decode(record.strip().rstrip(b","))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        if not isinstance(fields, dict):
            return
        inner = fields.get("log") or fields.get("MESSAGE") or fields.get("textPayload")
        if isinstance(inner, str):
            if not inner.lstrip().startswith("{") or inner != record.decode("utf-8", "replace"):
                self.take(inner.encode())
            return
        payload = fields.get("jsonPayload")
        for place in (fields.get("httpRequest"), payload, fields):
            if isinstance(place, dict) and self._of_fields(place):
                return

    def _of_fields(self, fields: Mapping[str, Any]) -> bool:
        status = next((fields[key] for key in _STATUSES if key in fields), None)
        request = fields.get("request")
        place = request if isinstance(request, dict) else fields
        target = next((place[k] for k in _PATHS if isinstance(place.get(k), str)), None)
        try:
            code = int(status) if isinstance(status, int | str) else 0
        except ValueError:
            code = 0
        if fields.get("logger") == "http.log.error":  # Caddy's, beside a line of access
            self._of_error(str(fields.get("msg", "")))
            return True
        if code == 0 and "sec-websocket-accept" in str(fields.get("resp_headers", "")).lower():
            code = 101  # Caddy knows no status of what was taken out of its hands
        if target is None or not 100 <= code <= 599:
            return False
        words = target.split(" ")
        upgraded = "upgrade" in str(place.get("headers", "")).lower()
        self._count(words[1] if len(words) == 3 else target, code, _time_in(fields), upgraded)
        return True

    def _count(
        self,
        target: str,
        status: int,
        took: float | None,
        upgraded: bool = False,
        times: int = 1,
    ) -> None:
        if status != 101 and status < 400:
            return
        count = self._path(target)
        count.statuses[status] += times
        count.upgraded |= upgraded
        if took is not None and status == 101:
            count.add_duration(took, self._choose)

    def _path(self, target: str) -> PathCount:
        bare = target.partition("?")[0]
        path = self._cleaned.get(bare)
        if path is None:
            path = clean_path(bare)
            if len(self._cleaned) < MOST_PEERS:
                self._cleaned[bare] = path
        if path not in self.paths and len(self.paths) >= MOST_PATHS:
            path = "(other paths)"
        return self.paths.setdefault(path, PathCount())


def _duration_in(rest: bytes, is_envoy: bool) -> float | None:
    if is_envoy:
        match = _ENVOY_TIME.search(rest)
        return int(match["took"]) / 1000 if match else None
    match = _NAMED_TIME.search(rest) or _LAST_TIME.search(rest)
    return float(match["took"]) if match else None


def _time_in(fields: Mapping[str, Any]) -> float | None:
    for key, unit in _TIMES:
        value = fields.get(key)
        if isinstance(value, str):
            match = re.fullmatch(r"(\d+(?:\.\d+)?)s?", value)
            value = float(match[1]) if match else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            in_ms = key == "duration" and "response_code" in fields
            return value * (1e-3 if in_ms else unit)
    return None
