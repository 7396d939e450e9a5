"""Pages lead to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, anchors_of, links_of, name_of

SOURCE = ROOT / "src" / "hangup"
PATHS = re.compile(r"`((?:src|tests|docs)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_between_files_resolves(page: Path) -> None:
    broken = []
    for target in links_of(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_in_the_text_exists(page: Path) -> None:
    paths = PATHS.findall(page.read_text("utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_page_of_docs_is_linked_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in links_of(index)}
    pages = {page for page in PAGES if page.parent != ROOT and page != index}
    assert sorted(name_of(page) for page in pages - linked) == []


def test_the_map_names_every_room_and_module_of_the_root() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    modules = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py"}
    rooms = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")}
    assert sorted(name for name in modules | rooms if name not in text) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(p.name[:4]) for p in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
