"""The pages of symptoms: what each can be, how likely, which servers do it, where to begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reference_of_code import markdown_table

from hangup.cause import Cause
from hangup.causes import CAUSES
from hangup.expectations import BEHAVIOURS, table
from hangup.judge import chances, priors
from website.cause_pages import URL
from website.likeness import ENDING, TESTABLE
from website.symptoms import SYMPTOMS, Symptom
from website.words import codes, front_matter, percent, place, sentence, symptoms

LEAST = 0.01
"""Probability below which a cause is not listed under a symptom that is not usual with it."""


def symptom_pages() -> dict[str, str]:
    """Give the page of each symptom and their index, by name from the root of the site."""
    pages = {f"symptoms/{each.slug}.md": _joined(_page(each)) for each in SYMPTOMS}
    return {"symptoms/index.md": _joined(_index()), **pages}


def likely(symptom: Symptom) -> list[tuple[Cause, float]]:
    """Give the causes of a symptom with their probability before anything is asked.

    It is Bayes on how a connection ended, under the catalogue's priors; faults only.
    """
    prior = priors(CAUSES)
    given = [chances(TESTABLE, True, ENDING, kind) for kind in symptom.kinds]
    raw = {cause: prior[cause.id] * sum(row[cause.id] for row in given) for cause in TESTABLE}
    total = sum(raw.values())
    found = [(cause, weight / total) for cause, weight in raw.items()]
    told = (each for each in found if each[1] >= LEAST or symptom in symptoms(each[0]))
    return sorted(told, key=lambda each: (-each[1], each[0].id))


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _page(symptom: Symptom) -> Iterator[str]:
    found = likely(symptom)
    about = f"{symptom.title}: {len(found)} causes, and how to tell which it is. {symptom.says}"
    yield from front_matter(about, listed=False)
    yield f"# {symptom.title}"
    yield ""
    yield f"[Symptoms](index.md) › {symptom.short.removeprefix('WebSocket ')}"
    yield ""
    yield symptom.says
    yield ""
    yield "Ask the endpoint which of the causes below it is:"
    yield ""
    yield from ("```console", f"hangup {URL}", "```", "")
    if symptom.guide:
        yield f"Step by step: [the guide](../{symptom.guide})."
        yield ""
    yield from _printed(symptom)
    yield "## What it can be"
    yield ""
    yield (
        "The share is how likely a cause is when this is all that is known, by the catalogue's "
        "own weights. It is where to look first, and no verdict."
    )
    yield ""
    rows = (
        (f"[{sentence(cause.means)}](../{place(cause)}.md)", cause.signature, percent(round(p, 2)))
        for cause, p in found
    )
    yield from markdown_table(("cause", "seen as", "share"), rows)
    yield from _untested(symptom)
    yield from _servers(symptom)


def _printed(symptom: Symptom) -> Iterator[str]:
    if not symptom.messages:
        return
    yield "Clients say so in these words:"
    yield ""
    yield from ("```text", *symptom.messages, "```", "")


def _untested(symptom: Symptom) -> Iterator[str]:
    """List the causes that no client can test, whose signature names the symptom's codes."""
    named = set(codes(symptom.short))
    found = [c for c in CAUSES if c.untestable and named & set(codes(c.signature))]
    if not found:
        return
    yield "These cause it too, and no single client can test them:"
    yield ""
    yield from (f"- [{sentence(c.means)}](../{place(c)}.md) {sentence(c.signature)}" for c in found)
    yield ""


def _servers(symptom: Symptom) -> Iterator[str]:
    """Say which servers were measured to end so, and for what."""
    rows = [
        (words, ", ".join(sorted(n for n, c in table().of(b).items() if c.ending in symptom.kinds)))
        for b, words in BEHAVIOURS.items()
    ]
    rows = [row for row in rows if row[1]]
    if not rows:
        return
    yield "## Which servers do it"
    yield ""
    yield "Measured: [what servers put on the wire](../reference/servers.md) has all of it."
    yield ""
    yield from markdown_table(("what happens", "these answer so"), rows)


def _index() -> Iterator[str]:
    yield from front_matter(
        "WebSocket error index: close codes 1000 to 1013, HTTP statuses of a failed upgrade, "
        "timeouts and silence, each with its causes."
    )
    yield "# WebSocket failures by symptom"
    yield ""
    yield (
        "Find what you see. Each page has the causes that end so, the likeliest first, and how "
        "to tell which one it is."
    )
    yield ""
    rows = ((f"[{each.title}]({each.slug}.md)", _first_causes(each)) for each in SYMPTOMS)
    yield from markdown_table(("what you see", "most often"), rows)


def _first_causes(symptom: Symptom) -> str:
    return ", ".join(f"[{c.id}](../{place(c)}.md)" for c, _ in likely(symptom)[:3])
