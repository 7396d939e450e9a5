"""What is quoted from a log, without the credentials in it."""

from __future__ import annotations

import re
from functools import lru_cache

from hangup.in_band import without_credentials
from hangup.redact import REDACTED

MOST = 300
"""Characters kept of what is quoted."""
_TOKENS = re.compile(
    r"(?i:\b(?:bearer|basic|digest|token)\s+)(?P<after>[\w+/=.~-]{8,})"
    r"|(?P<jwt>\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?)"
    r"|(?P<known>\b(?:sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs]|AKIA|AIza|ya29|hf|npm)[-_.]?"
    r"[\w.-]{12,})"
    r"|://(?P<user>[^/\s@:]+:[^/\s@]+)@"
    r"|(?P<long>(?<![\w/.])(?=[\w+=~-]{0,256}\d)(?=[\w+=~-]{0,256}[A-Za-z])[\w+=~-]{24,})"
)
_NAMED = re.compile(
    r"(?i)(?<![\w-])[\w-]*(?:token|secret|password|passwd|api[-_ ]?key|credential|cookie"
    r"|session(?:[-_ ]?id)?)\b['\"]?(?:\s++(?:is|was))?"
    r"\s*+[:=]?\s*+['\"(]?(?P<value>(?=[^\s'\")]*\d)[^\s'\"),;]{6,})"
)


def clean(text: str, most: int = MOST) -> str:
    """Give a text of one line with what looks like a credential, or is named as one, marked."""
    return _cleaned(text[: 4 * most], most)


@lru_cache(maxsize=2048)  # failures repeat themselves
def _cleaned(text: str, most: int) -> str:
    raw = without_credentials(text.encode("utf-8", "replace"))
    text = _marked(_NAMED, _marked(_TOKENS, raw.decode("utf-8", "replace")))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _marked(pattern: re.Pattern[str], text: str) -> str:
    def mark(match: re.Match[str]) -> str:
        start, end = match.span(match.lastgroup or 0)
        return f"{text[match.start() : start]}{REDACTED}{text[end : match.end()]}"

    return pattern.sub(mark, text)


def clean_path(target: str) -> str:
    """Give a request's path without its query, and with `*` for what looks like an id or a secret.

    Many connections of one route are one row then.
    """
    path = re.split(r"[?#;]", re.sub(r"^\w+://[^/]*", "", target), maxsplit=1)[0] or "/"
    parts = ("*" if _is_value(part) else part for part in path.split("/"))
    return "/".join(parts)[:MOST]


def _is_value(part: str) -> bool:
    digits = sum(char.isdigit() for char in part)
    return part.isdigit() or (len(part) >= 8 and digits >= 2) or len(part) > 40
