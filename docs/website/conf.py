"""How Sphinx builds the site; `docs/build_site.py` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from hangup import __version__

project = "hangup"
author = "the hangup developers"
release = version = __version__
html_title = "hangup"
language = "en"

extensions = ["myst_parser", "notfound.extension", "website.hooks"]
source_suffix = {".md": "markdown"}
suppress_warnings = [
    "misc.highlighting_failure"  # some examples are broken on purpose, and not all text is code
]
nitpicky = True
smartquotes = False  # commands and messages of programs are copied and searched as they stand

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_theme_options = {"top_of_page_buttons": []}
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_baseurl = os.environ.get(
    "READTHEDOCS_CANONICAL_URL", "https://hangup.readthedocs.io/en/latest/"
)
notfound_urls_prefix = urlsplit(html_baseurl).path
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
