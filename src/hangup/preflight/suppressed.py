"""Comments by which an author says that a finding is meant."""

from __future__ import annotations

import re

from hangup.preflight.rules import BY_ID

_LINE = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.I)
_FILE = re.compile(
    r"^\s*#\s*(?:ruff|flake8)\s*:\s*noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?",
    re.I | re.M,
)
_OURS = re.compile(r"#\s*hangup:\s*ignore(?:\[(?P<rules>[^\]]*)\])?")
_CODE = re.compile(r"[A-Z]+[0-9]+")
ALWAYS = frozenset({"F821", "F823"})
"""A name that does not exist fails whatever a whole file was exempted from, so only its own line
can exempt it."""


class Suppressions:
    """The comments of one file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines()
        self._whole = {code for match in _FILE.finditer(text) for code in _codes(match)}

    def hush(self, rule: str, code: str, line: int) -> bool:
        """Whether the finding of a rule, or of ruff's `code` for it, is exempted in its line."""
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        if "#" in text and (_ours(text, rule) or _noqa(text, rule, code)):
            return True
        return bool(self._whole & {"", code}) and code not in ALWAYS and code != ""


def _ours(text: str, rule: str) -> bool:
    match = _OURS.search(text)
    if not match:
        return False
    named = match["rules"]
    return named is None or rule in {each.strip() for each in named.split(",")}


def _noqa(text: str, rule: str, code: str) -> bool:
    match = _LINE.search(text)
    codes = set(_codes(match)) if match else set()
    return bool(codes & {"", code, *BY_ID[rule].ruff})


def _codes(match: re.Match[str]) -> list[str]:
    """Give the codes that a comment names; an empty one where it names all."""
    return _CODE.findall(match["codes"].upper()) if match["codes"] else [""]
