"""Access lines of servers and proxies, counted: how many upgrades, refusals, and how long."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, field

from hangup.logs.clean import clean, clean_path
from hangup.logs.stamps import find_stamp

LONGEST, LONGEST_TARGET = 16_384, 1000
"""Bytes of a line, and characters of a path, that are looked at: requests have 8 KiB at most."""
LATEST = 1e9
"""Seconds above which a number is no duration."""
MOST_PATHS = 500
MOST_SAMPLED = 4096
"""Durations of a path that are kept, a random choice when there are more."""
MOST_PEERS = 10_000
SPIKE = 0.3
"""The share of connections that one length must have to be called a timer."""
FEWEST = 3
_REQUEST = re.compile(
    rb'"(?P<method>[A-Z]+) (?P<target>[^ "\\]+)(?: (?:HTTP/)?[\d.]+)?\\?" '
    rb"(?P<status>\d{3}\b|- -)(?P<rest>[^\n]*)"
)
_WEBSOCKET = re.compile(rb'(/[^ "?\\]*+)[^"]*+" (\[accepted\]|\d{3})')
_TARGET = re.compile(rb'[A-Z]++ ([^ "?\\\n]++)')
_ASKED = re.compile(_TARGET.pattern + rb'[^"\n]*+" (\d{3})')
_ENVOY_SIGNS = (b'Z] "', b'Z] \\"')
_TIME_NAMES = (b"rt=", b"rt:", b"_time", b"duration", b"latency")
CROWD = 500
"""Upgrades in a block from which a look at the whole of it is cheaper than one at each line."""
LAST_TIME = 9
"""Bytes at the end of a line that hold the point of a time there: `.123"` and white space."""
_USUAL_STATUS = re.compile(rb" [23]\d\d ")
_USUAL = re.compile(rb'"(?:response_code|DownstreamStatus)": ?[23]')
_SESSION = (
    rb" (?:[-+\d]+/){4}\+?(?P<took>\d{1,12}) (?P<status>\d{3}|-1) \+?\d+ \S+ \S+ (?P<end>\S{4}) "
    rb'[^"]*"(?P<method>[A-Z]+) (?P<target>\S+)'
)
_HAPROXY = re.compile(_SESSION)
_HAPROXY_USUAL = re.compile(rb"\] \S+ \S+" + _SESSION)
"""In HAProxy's own format, which a literal byte begins, by which `re` skips to it."""
_NAMED_TIME = re.compile(rb'(?:\brt|request_time|duration|latency)[=:]"?(?P<took>\d{1,9}\.\d+)')
_LAST_TIME = re.compile(rb' "?(?P<took>\d+\.\d{3})"?\s*$')  # nginx's $request_time at the end
_ENVOY_TIME = re.compile(rb" \d+ \d+ (?P<took>\d{1,12}) (?:\d+|-) ")
_ENVOY = re.compile(rb'\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \\?"')
_NGINX_ERROR = re.compile(
    rb"[^\n]{0,200}?\d#\d+: (?:\*\d+ )?(?>(?P<what>[^\n]{5,200}?), client: )[^\n]*?"
    rb'request: "\w+ (?P<target>[^ "]+)'
)
_APACHE_ERROR = re.compile(
    rb"(?P<what>(?:\(\d{1,5}\)[^:\n]{1,200}: )?(?:\[client [^\]\n]{1,100}\] )?AH\d+: [^\n]{1,400})"
)
_ADDRESSES = re.compile(r"(?<!\d)\d+\.\d+\.\d+\.\d+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?")
_PEER = re.compile(rb"^(?:[^\n]*?\s)?(?P<peer>[\d.]+:\d+) - - \[(?P<at>[^\]\n]*)")
SLASHES = 8
"""How many slashes a line of HAProxy has at least: timers, counts of connections, a path."""
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

    def add_durations(self, took: Sequence[float], choose: random.Random) -> None:
        """Count durations, one at least; of many a random choice is kept."""
        self.shortest = min(self.shortest if self.timed else took[0], *took)
        self.longest = max(self.longest, *took)
        room = MOST_SAMPLED - len(self.durations)
        self.durations += took[:room]
        self.timed += min(room, len(took))
        chance = choose.random
        for each in took[room:]:
            self.timed += 1
            place = int(chance() * self.timed)
            if place < MOST_SAMPLED:
                self.durations[place] = each

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
        # Each format is known by a few bytes, which are found faster than any pattern.
        line = record[:LONGEST]
        if b'" ' in line and (match := _REQUEST.search(line)):
            self._of_request(line, match)
        elif line.count(b"/") >= SLASHES and (haproxy := _session_in(line)):
            took = int(haproxy["took"]) / 1000
            self._count(haproxy["target"].decode("latin-1"), int(haproxy["status"]), took)
        elif error := _error_in(line):
            self._of_error(error["what"].decode("utf-8", "replace"))
        elif record.lstrip()[:1] in (b"{", b"["):
            self._of_json(record)

    def take_requests(self, block: bytes, places: Sequence[int], mark: bytes) -> None:
        """Count the requests in quotes that end at some places, each before its status.

        `mark` is what ends a record.
        """
        asked: list[bytes] = []
        for at in places:
            request = block[block.rfind(b'"', 0, at) + 1 : at + 5]
            asked.append(_without_query(request) if b"?" in request else request)
        for told, times in Counter(asked).items():
            if match := _ASKED.fullmatch(told):
                self._count(match[1].decode("latin-1"), int(match[2]), None, False, times)
        self._time(block, [at for at in places if block.startswith(b"101", at + 2)], mark)

    def _time(self, block: bytes, places: Sequence[int], mark: bytes) -> None:
        """Find how long upgraded requests took; of many it is asked once where to look."""
        is_crowded = len(places) > CROWD
        is_envoy = not is_crowded or any(sign in block for sign in _ENVOY_SIGNS)
        is_named = not is_crowded or any(name in block for name in _TIME_NAMES)
        found: dict[bytes, list[float]] = {}
        for at in places:
            last = min(len(block), at + LONGEST)
            stop = block.find(mark, at, last) % (last + 1)
            if not (is_envoy or is_named or b"." in block[stop - LAST_TIME : stop]):
                continue
            start = block.rfind(b'"', 0, at) + 1
            by_envoy = is_envoy and block.find(b"Z] ", max(0, start - 5), start) >= 0
            took = _duration_in(block[at + 5 : stop], by_envoy, is_named)
            if took is not None:
                found.setdefault(block[start:at].partition(b"?")[0], []).append(took)
        for request, durations in found.items():
            if match := _TARGET.match(request):
                path = self._path(match[1].decode("latin-1"))
                path.add_durations(durations, self._choose)

    def take_upgrades(self, block: bytes) -> None:
        """Count all that uvicorn says of WebSockets in some lines."""
        said = block.split(b'"WebSocket ')[1:]
        for line, times in Counter(each.partition(b"\n")[0] for each in said).items():
            if match := _WEBSOCKET.match(line):
                code = 101 if match[2] == b"[accepted]" else int(match[2])
                self._count(match[1].decode("latin-1"), code, None, True, times)

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
        alone = peer is not None and peer.start("peer") == 0
        head = peer["at"] if peer and alone else record[:300]
        at = _moment(head)
        if begins:
            self._count(target, 101, None, upgraded=True)
            if peer and at is not None and len(self._peers) < MOST_PEERS:
                self._peers[peer["peer"][:64]] = (target[:LONGEST_TARGET], at)
        elif peer and at is not None and (began := self._peers.pop(peer["peer"][:64], None)):
            self._path(began[0]).add_durations([max(0.0, at - began[1])], self._choose)

    def _of_error(self, what: str) -> None:
        text = _error_cleaned(what)
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
        code = _status_in(fields)
        if fields.get("logger") == "http.log.error":  # Caddy's, beside a line of access
            self._of_error(str(fields.get("msg", "")))
            return True
        if code == 0 and "sec-websocket-accept" in str(fields.get("resp_headers", "")).lower():
            code = 101  # Caddy knows no status of what was taken out of its hands
        request = fields.get("request")
        place = request if isinstance(request, dict) else fields
        target = _target_in(place)
        if target is None or not 100 <= code <= 599:
            return False
        if code == 101 or code >= 400:
            headers = place.get("headers")
            upgraded = headers is not None and "upgrade" in str(headers).lower()
            self._count(target, code, _time_in(fields) if code == 101 else None, upgraded)
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
            count.add_durations([took], self._choose)

    def _path(self, target: str) -> PathCount:
        bare = target[:LONGEST_TARGET].partition("?")[0]
        path = self._cleaned.get(bare)
        if path is None:
            path = clean_path(bare)
            if len(self._cleaned) < MOST_PEERS:
                self._cleaned[bare] = path
        count = self.paths.get(path)
        if count is None:
            path = path if len(self.paths) < MOST_PATHS else "(other paths)"
            count = self.paths.setdefault(path, PathCount())
        return count


def is_usual(block: bytes, at: int) -> bool:
    """Whether a status that is not counted, 2xx or 3xx, stands at a place in JSON or HAProxy's log.

    HAProxy writes it two words before the place.
    """
    if block.startswith(b"- - ", at):
        size = block.rfind(b" ", max(0, at - 24), max(0, at - 1))
        return size > 4 and _USUAL_STATUS.match(block, size - 4) is not None
    return _USUAL.match(block, at - 1) is not None


def _session_in(record: bytes) -> re.Match[bytes] | None:
    return _HAPROXY_USUAL.search(record) or _HAPROXY.search(record)


def _error_in(record: bytes) -> re.Match[bytes] | None:
    found = _NGINX_ERROR.match(record) if b", client: " in record else None
    return found or (_APACHE_ERROR.search(record) if b"AH" in record else None)


@lru_cache(maxsize=4096)
def _error_cleaned(what: str) -> str:
    return clean(_ADDRESSES.sub("*", re.sub(r"^\[client [^\]]+\] ", "", what)), 160)


@lru_cache(maxsize=4096)  # many lines of one second
def _moment(head: bytes) -> float | None:
    found = find_stamp(head.decode("latin-1"))
    return found[0] if found else None


def _duration_in(rest: bytes, is_envoy: bool, is_named: bool = True) -> float | None:
    if is_envoy:
        match = _ENVOY_TIME.search(rest)
        return int(match["took"]) / 1000 if match else None
    match = None
    if is_named and (
        b"rt=" in rest or b"rt:" in rest or b"_time" in rest or b"duration" in rest
        or b"latency" in rest
    ):  # fmt: skip
        match = _NAMED_TIME.search(rest)
    match = match or _LAST_TIME.search(rest, max(0, len(rest) - 24))
    return float(match["took"]) if match else None


def _without_query(request: bytes) -> bytes:
    return request.partition(b"?")[0] + request[-5:]


def _status_in(fields: Mapping[str, Any]) -> int:
    for key in _STATUSES:
        if key in fields:
            status = fields[key]
            is_text = isinstance(status, str) and re.fullmatch("[0-9]{1,9}", status) is not None
            return int(status) if isinstance(status, int) or is_text else 0
    return 0


def _target_in(fields: Mapping[str, Any]) -> str | None:
    for key in _PATHS:
        target = fields.get(key)
        if isinstance(target, str):
            words = target.split(" ")
            return words[1] if len(words) == 3 else target
    return None


def _time_in(fields: Mapping[str, Any]) -> float | None:
    for key, unit in _TIMES:
        value = fields.get(key)
        if isinstance(value, str):
            match = re.fullmatch(r"(\d+(?:\.\d+)?)s?", value)
            value = float(match[1]) if match else None
        if isinstance(value, int | float) and 0 <= value <= LATEST / unit:
            in_ms = key == "duration" and "response_code" in fields
            return value * (1e-3 if in_ms else unit)
    return None
