"""The documentation's files as its tests read them: pages, links, headings, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)$", re.M)


def name_of(page: Path) -> str:
    """Give a page's path as people write it."""
    return page.relative_to(ROOT).as_posix()


def links_of(page: Path) -> Iterator[str]:
    """Give where a page's links lead, those to other sites left out."""
    targets = _LINK.findall(_FENCE.sub("", page.read_text("utf-8")))
    return (target for target in targets if "://" not in target)


def anchors_of(page: Path) -> set[str]:
    """Give the anchors that renderers make of a page's headings."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands_of(page: Path, program: str) -> Iterator[list[str]]:
    """Give the arguments of each call of a program in a page's code blocks."""
    for block in _FENCE.findall(page.read_text("utf-8")):
        yield from map(arguments_of, commands_in(block, program))


def commands_in(block: str, program: str) -> Iterator[str]:
    """Give what follows the name of a program at each call of it in a block."""
    for line in block.replace("\\\n", " ").splitlines():
        words = line.removeprefix("$ ").split(maxsplit=1)
        while words and re.match(r"[A-Z_]+=", words[0]):
            words = words[1].split(maxsplit=1) if len(words) > 1 else []
        if words and words[0] == program:
            yield words[1] if len(words) > 1 else ""


def arguments_of(text: str) -> list[str]:
    """Give the arguments of a call, as a shell would."""
    words = shlex.split(text, comments=True)
    end = next((i for i, word in enumerate(words) if word in ("|", ">", "2>", "||", ";")), None)
    return words[:end]
