"""What is done once pages are built: who reads them otherwise gets what the theme leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from docutils import nodes
from sphinx.application import Sphinx

LABELS = (
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="The site">'),
    ('<aside class="toc-drawer', '<aside aria-label="This page" class="toc-drawer'),
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)
"""What the theme writes, and the same for readers with a screen reader or a keyboard alone."""
MAIN = '<article role="main" id="furo-main-content">'
SECTIONS = {
    "tutorial": "Tutorial",
    "howto": "How-to guides",
    "symptoms": "Causes by symptom",
    "causes": "Causes",
    "reference": "Reference",
    "explanation": "Explanation",
    "lab": "The fault lab",
    "decisions": "Decisions",
    "project": "Project",
}
"""The folders of the site in the order of the index for models, with their headings."""
WHAT = (
    "hangup says who hung up a WebSocket, in which layer, and why, with evidence. It runs "
    "controlled experiments against one endpoint from outside."
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the files written at the end of a build."""
    app.connect("build-finished", _finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _finished(app: Sphinx, failure: Exception | None) -> None:
    if failure or app.builder.name != "html":
        return
    out = Path(app.outdir)
    for page in out.rglob("*.html"):
        page.write_text(_labelled(page.read_text("utf-8"), page.name), encoding="utf-8")
    (out / "llms.txt").write_text("\n".join(_index(app)), encoding="utf-8")
    (out / "llms-full.txt").write_text("\n".join(_all(app)), encoding="utf-8")
    (out / "sitemap.xml").write_text("\n".join(_map(app)), encoding="utf-8")
    (out / "robots.txt").write_text(f"Sitemap: {urljoin(_base(app), 'sitemap.xml')}\n", "utf-8")


def _labelled(text: str, name: str) -> str:
    for before, after in LABELS:
        text = text.replace(before, after)
    return text.replace(MAIN, f"{MAIN}<h1>Search</h1>") if name == "search.html" else text


def _base(app: Sphinx) -> str:
    return str(app.config.html_baseurl).rstrip("/") + "/"


def _names(app: Sphinx) -> list[str]:
    """Give the pages, section by section; the one for what is not found is none."""
    order = {folder: number for number, folder in enumerate(SECTIONS)}
    found = (name for name in app.env.found_docs if name != "404")
    return sorted(found, key=lambda name: (order.get(name.partition("/")[0], -1), name))


def _index(app: Sphinx) -> Iterator[str]:
    """Give the index for models (llms.txt): a line for each page, with what it is about."""
    yield from ("# hangup", "", f"> {WHAT}", "")
    yield f"The text of all pages in one file: {urljoin(_base(app), 'llms-full.txt')}"
    section = ""
    for name in _names(app):
        folder = name.partition("/")[0]
        if folder in SECTIONS and folder != section:
            section = folder
            yield from ("", f"## {SECTIONS[folder]}", "")
        title = app.env.titles[name].astext()
        yield f"- [{title}]({urljoin(_base(app), name)}.html): {_description(app, name)}"
    yield ""


def _description(app: Sphinx, name: str) -> str:
    metas = app.env.get_doctree(name).findall(nodes.meta)
    return next((m["content"] for m in metas if m.get("name") == "description"), "")


def _all(app: Sphinx) -> Iterator[str]:
    """Give the Markdown of all pages, one after the other, without what is for search engines."""
    for name in _names(app):
        text = Path(app.env.doc2path(name)).read_text("utf-8")
        yield f"<!-- {urljoin(_base(app), name)}.html -->"
        yield text.split("\n---\n", 1)[-1].strip()
        yield ""


def _map(app: Sphinx) -> Iterator[str]:
    """Give the site's map (sitemaps.org, 0.9)."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    for name in _names(app):
        yield f"<url><loc>{escape(urljoin(_base(app), name))}.html</loc></url>"
    yield "</urlset>"
    yield ""
