"""No file names the place where it was written, or a package host."""

from __future__ import annotations

import re

from tree import ROOT, files, name_of

# Written in pieces, so that this file does not contain what it looks for.
HOMES = ("work", "root", "home", "Users")
HOSTS = (("pypi", "org"), ("files", "pythonhosted"), ("registry", "npmjs"), ("proxy", "golang"))
FORBIDDEN = re.compile(
    "|".join(
        [
            rf"(?<![\w.])/({'|'.join(HOMES)})/",
            *(re.escape(".".join(parts)) for parts in HOSTS),
            "index" + "-url",
        ]
    )
)
OURS = [
    *(path for path in sorted(ROOT.iterdir()) if path.is_file() and path.name != ".git"),
    *(ROOT / ".ci").glob("*"),
    *(ROOT / ".github").rglob("*.yml"),
    *(
        path
        for room in ("src", "tests", "docs", "deploy", "benchmarks", "clients", "fuzz")
        for path in files(ROOT / room)
    ),
]


def test_no_file_names_a_home_or_a_package_host() -> None:
    found = [
        f"{name_of(path)}:{number}"
        for path in OURS
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if FORBIDDEN.search(line.decode("utf-8", "replace"))
    ]
    assert found == []
