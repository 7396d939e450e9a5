"""The site is whole: every cause and symptom has its page, and nothing is loaded from elsewhere."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from doc_pages import PAGES, ROOT
from site_pages import Page, pages_of
from website.source import GENERATED, sources
from website.symptoms import SYMPTOMS

from hangup.causes import CAUSES

pytestmark = pytest.mark.timeout(600)  # the first of them builds the site
NO_PAGES = {"404.html", "search.html"}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {page.path.relative_to(site).as_posix(): page for page in pages_of(site)}


def test_every_cause_has_a_page_that_says_its_fix(pages: dict[str, Page]) -> None:
    for cause in CAUSES:
        page = pages[f"causes/{cause.id.replace('.', '/')}.html"]
        text = page.path.read_text("utf-8")
        assert "Fix:" in text, cause.id
        assert cause.id in text


def test_every_symptom_has_a_page(pages: dict[str, Page]) -> None:
    titles = {page.headings[0].rstrip("¶") for page in pages.values() if page.headings}
    assert [each.title for each in SYMPTOMS if each.title not in titles] == []


def test_every_page_of_the_tree_is_on_the_site(pages: dict[str, Page]) -> None:
    names = [page.relative_to(ROOT).as_posix() for page in PAGES]
    taken = {path.relative_to(ROOT).as_posix(): to for path, to in sources().items()}
    assert [name for name in names if name not in taken and name not in GENERATED] == []
    assert [to for to in taken.values() if to.replace(".md", ".html") not in pages] == []


def test_every_page_tells_search_engines_what_it_is(pages: dict[str, Page]) -> None:
    own = {name: page for name, page in pages.items() if name not in NO_PAGES}
    assert [name for name, page in own.items() if not 20 <= len(page.description) <= 160] == []
    assert [name for name, page in own.items() if len(page.headings) != 1] == []
    wrong = [name for name, page in own.items() if not page.canonical.endswith(f"/{name}")]
    assert [name for name in wrong if name != "index.html"] == []


def test_no_two_pages_of_the_catalogue_have_one_title(pages: dict[str, Page]) -> None:
    titles = [page.title for name, page in pages.items() if name.startswith(("causes", "symptoms"))]
    assert len(titles) > len(CAUSES) + len(SYMPTOMS)
    assert sorted(each for each in set(titles) if titles.count(each) > 1) == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Page]) -> None:
    loaded = {load for page in pages.values() for load in page.loads}
    assert loaded
    assert [each for each in loaded if urlsplit(each).netloc] == []


def test_every_link_within_the_site_leads_somewhere(pages: dict[str, Page], site: Path) -> None:
    broken = []
    for name, page in pages.items():
        if name == "404.html":
            continue  # its links begin at the root of the host
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            there = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            known = pages.get(there.relative_to(site).as_posix())
            lost = parts.fragment and known and unquote(parts.fragment) not in known.anchors
            if not there.exists() or lost:
                broken.append(f"{name}: {link}")
    assert broken == []


def test_the_page_of_what_is_not_found_works_at_any_depth(pages: dict[str, Page]) -> None:
    page = pages["404.html"]
    assert page.loads
    assert [each for each in page.loads if not each.startswith("/en/latest/")] == []


def test_the_map_names_every_page(pages: dict[str, Page], site: Path) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    tree = ET.parse(site / "sitemap.xml")
    found = {each.text or "" for each in tree.iter(f"{space}loc")}
    assert {urlsplit(url).path.removeprefix("/en/latest/") for url in found} == (
        set(pages) - NO_PAGES
    )


def test_the_index_for_models_has_a_line_for_every_page(pages: dict[str, Page], site: Path) -> None:
    lines = (site / "llms.txt").read_text("utf-8").splitlines()
    assert lines[0] == "# hangup"
    told = {line.partition("/en/latest/")[2].partition(")")[0]: line for line in lines}
    missing = [name for name in pages if name not in NO_PAGES and name not in told]
    assert missing == []
    assert [line for line in told.values() if line.startswith("- ") and line.endswith(": ")] == []


def test_the_whole_text_for_models_holds_the_causes(site: Path) -> None:
    text = (site / "llms-full.txt").read_text("utf-8")
    assert [cause.id for cause in CAUSES if cause.mend not in text] == []
    assert "html_meta" not in text


def test_the_search_finds_causes_by_their_words(site: Path) -> None:
    raw = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(raw.removeprefix("Search.setIndex(").rstrip(")\n;"))
    page = index["docnames"].index("causes/session/masked-exception")
    found = [
        index[where].get(word, [])
        for where in ("terms", "titleterms")
        for word in ("catch", "1011")
    ]
    assert page in {
        each for pages in found for each in ([pages] if isinstance(pages, int) else pages)
    }
