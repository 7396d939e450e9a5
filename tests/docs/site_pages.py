"""The built site as its tests read it: pages, what they load, where their links lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
"""What a browser fetches by itself; of links only some, see below."""
NAMED = ("canonical", "next", "prev", "index", "search", "author")
"""Kinds of `link` that name a page and load nothing."""


@dataclass
class Page(HTMLParser):
    """One page of the site."""

    path: Path
    title: str = ""
    headings: list[str] = field(default_factory=list)
    description: str = ""
    canonical: str = ""
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._within = ""
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self._within = tag if tag in ("title", "h1") else self._within
        if tag == "h1":
            self.headings.append("")
        if tag == "meta" and given.get("name") == "description":
            self.description = given.get("content", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get("rel") == "canonical":
            self.canonical = given["href"]
        for name, value in given.items():
            if (tag, name) in LOADED and given.get("rel") not in NAMED:
                self.loads.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data
        elif self._within == "h1":
            self.headings[-1] += data


def pages_of(site: Path) -> Iterator[Page]:
    """Give the pages of a site, those that the theme brings left out."""
    found = (path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts)
    return (Page(path) for path in found)
