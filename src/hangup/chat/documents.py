"""Search over a folder of documents: the words of a question, and the passages that hold most."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

ENDINGS = (".md", ".txt", ".rst")
MOST_FILES = 2_000
MOST_BYTES = 1 << 20
LONGEST = 600
"""Characters of a passage that are shown."""
_WORD = re.compile(r"\w{2,}")


class Passage(Struct, frozen=True):
    """A paragraph of a document; `source` is the file's path within the folder."""

    source: str
    text: str
    words: Counter[str]


class Found(Struct, frozen=True):
    """A passage that answers a search, and how well: only the order means something."""

    source: str
    text: str
    score: float


class Documents:
    """An index of the passages of a folder, made once and kept in memory."""

    def __init__(self, passages: Iterable[Passage] = ()) -> None:
        self._passages = tuple(passages)
        in_passages = Counter(word for each in self._passages for word in each.words)
        count = len(self._passages)
        self._weight = {word: math.log(1 + count / seen) for word, seen in in_passages.items()}

    def __len__(self) -> int:
        return len(self._passages)

    @classmethod
    def of_folder(cls, folder: Path) -> Documents:
        """Read the folder's .md, .txt and .rst files, up to `MOST_FILES` of `MOST_BYTES` each.

        Raises:
            OSError: the folder cannot be read.
        """
        files = sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS)
        return cls(passage for path in files[:MOST_FILES] for passage in _passages(folder, path))

    def search(self, question: str, limit: int = 3) -> list[Found]:
        """Give the passages that hold most of the question's words, the rare ones counting more."""
        wanted = set(_words(question)) & self._weight.keys()
        scored = ((self._score(wanted, each), each) for each in self._passages)
        best = sorted((s for s in scored if s[0] > 0), key=lambda s: -s[0])[:limit]
        return [Found(each.source, each.text[:LONGEST], round(score, 3)) for score, each in best]

    def _score(self, wanted: set[str], passage: Passage) -> float:
        length = 1 + math.log(1 + passage.words.total())
        hits = (
            self._weight[w] * (1 - 0.5 ** passage.words[w]) for w in wanted & passage.words.keys()
        )
        return sum(hits) / length


def _passages(folder: Path, path: Path) -> list[Passage]:
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return []
    text = path.read_text("utf-8", "replace")
    source = str(path.relative_to(folder))
    return [Passage(source, part, Counter(_words(part))) for part in _parts(text)]


def _parts(text: str) -> Iterator[str]:
    """Give the paragraphs, each with the heading above it: a heading alone answers nothing."""
    heading = ""
    for part in (part.strip() for part in re.split(r"\n\s*\n", text)):
        if part.startswith("#") and "\n" not in part:
            heading = f"{part.lstrip('#').strip()}\n"
        elif part:
            yield heading + part
            heading = ""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
