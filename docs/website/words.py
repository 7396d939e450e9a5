"""The catalogue's words as pages have them: sentences, shares, answers, titles, places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hangup.cause import Cause, Expect
from website.symptoms import OF_KIND, WORDS, Symptom

PROPER = ("Apache", "Envoy", "Socket.IO", "TLS")
SEEN = 0.15
"""Share of an ending from which it is named in a title."""
MOST_NAMED = 3
LONGEST = 158
"""Characters of a description that search engines show."""


def sentence(text: str) -> str:
    """Give a text a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def percent(share: float) -> str:
    """Give a share as a percentage, with three digits at most."""
    return f"{share * 100:.3g} %"


def answer(sign: str, value: str) -> str:
    """Give an answer of a sign in words."""
    return WORDS[value] if sign == "ending" else value.replace("-", " ")


def expected(sign: str, expect: Expect) -> str:
    """Say what is expected of a sign, the most expected first."""
    if isinstance(expect, str):
        return answer(sign, expect)
    if isinstance(expect, tuple):
        return " or ".join(answer(sign, each) for each in expect)
    shares = sorted(expect.items(), key=lambda each: -each[1])
    return "; ".join(f"{answer(sign, value)} ({percent(share)})" for value, share in shares)


def kinds(cause: Cause) -> dict[str, float]:
    """Give the kinds of ending that a cause expects, with their shares, the most usual first."""
    expect = cause.predicts.get("ending", {})
    if isinstance(expect, str):
        return {expect: 1.0}
    if isinstance(expect, tuple):
        return dict.fromkeys(expect, 1 / len(expect))
    return dict(sorted(expect.items(), key=lambda each: -each[1]))


def symptoms(cause: Cause, least: float = SEEN) -> list[Symptom]:
    """Give what people see of a cause, the most usual first."""
    shares: dict[str, float] = {}
    of = {}
    for kind, share in kinds(cause).items():
        each = OF_KIND[kind]
        of[each.slug] = each
        shares[each.slug] = shares.get(each.slug, 0.0) + share
    named = sorted((slug for slug in shares if shares[slug] >= least), key=lambda s: -shares[s])
    return [of[slug] for slug in named]


def title(cause: Cause) -> str:
    """Give the heading of a cause's page: what is seen, as it is searched for, and what it is."""
    seen = [each.short.removeprefix("WebSocket ") for each in symptoms(cause)]
    if cause.latent or not seen:
        seen = codes(cause.signature) or seen  # it is well alone, and found when it has struck
    seen = seen[:MOST_NAMED]
    return f"{f'WebSocket {either(seen)}'.strip()}: {_continued(cause.means)}"


def codes(text: str) -> list[str]:
    """Give the close codes and statuses that a text names."""
    return list(dict.fromkeys(re.findall(r"\b(?:1[01]\d\d|4\d\d\d|[345]0\d|42[69])\b", text)))


def either(words: Iterable[str]) -> str:
    """Join words as alternatives."""
    *front, last = words or [""]
    return f"{', '.join(front)} or {last}" if front else last


def _continued(text: str) -> str:
    return text if text.startswith(PROPER) else text[:1].lower() + text[1:]


def described(text: str) -> str:
    """Shorten a text to what a search engine shows of it, at a word."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def place(cause: Cause | str) -> str:
    """Give the page of a cause, without its suffix, from the root of the site."""
    name = cause if isinstance(cause, str) else cause.id
    return f"causes/{name.replace('.', '/')}"


def anchor(heading: str) -> str:
    """Give the anchor that renderers make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def front_matter(description: str, *, listed: bool = True) -> Iterator[str]:
    """Give the lines that tell a page's description to search engines.

    One that is not `listed` stands in no page's contents: each page of the site has all contents.
    """
    quoted = described(description).replace("\\", "").replace('"', "'")
    yield from ("---", *(() if listed else ("orphan: true",)), "myst:", "  html_meta:")
    yield from (f'    description: "{quoted}"', "---", "")
