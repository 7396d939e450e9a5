"""The page of each cause: what is seen, the fix, how to make sure, and what looks like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from reference_of_code import markdown_table

from hangup.cause import Cause, Expect
from hangup.causes import CAUSES
from hangup.chat.faults import FAULTS
from hangup.closure import Closure
from hangup.demo.worlds import WORLDS as DEMOS
from hangup.ending import Ending
from hangup.endpoint import Endpoint
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.inquiry import Inquiry
from hangup.lab.cases import CASES
from hangup.lab.worlds import WORLDS
from hangup.preflight.rules import RULES
from hangup.signs import SIGNS
from website.likeness import Apart, look_alikes
from website.symptoms import Symptom
from website.words import (
    anchor,
    answer,
    expected,
    front_matter,
    percent,
    place,
    sentence,
    symptoms,
    title,
)

URL = "wss://chat.example.com/ws"
TOKEN = "--token env:TOKEN"  # noqa: S105 - where a token is, and none
EXAMPLES = {
    "--send": """--send '{"type": "ping"}'""",
    "--expect": "--expect pong",
    "--bypass": "--bypass ws://10.0.0.5:8000",
    "--token": TOKEN,
    "--other-token": f"{TOKEN} --other-token env:OTHER_TOKEN",
    "--read-slowly": "--read-slowly 5",
    "--resume": """--send '{"type": "join"}' --resume '{"type": "join", "since": {last}}'""",
    "--differently": "--send 'when will it ship?' --differently 'I want a refund'",
    "--crowd": "--crowd 64",
    "--origin": "--origin https://app.example.com",
    "--subprotocol": "--subprotocol chat.v1",
    "--idle": "--idle 70 --budget 120",
}
"""How an option is given in an example."""
USUAL = {"auth": "--token", "message": "--send", "delivery": "--send", "keepalive": "--idle"}
"""The option without which a layer's causes hardly show."""
CHOSEN = {"subprotocol": "--subprotocol", "origin": "--origin", "pinged": "--idle"}
"""Options that give these experiments what they vary."""
BARE = Inquiry(endpoint=Endpoint(secure=True, host="chat.example.com", port=443, target="/ws"))
OPEN = Ending(
    kind="open",
    words="",
    event=0,
    closure=Closure(
        origin="deadline",
        closed_by="neither",
        code=None,
        reason="",
        transport_end="open",
        after="upgrade",
        elapsed_ms=1000.0,
        frames_received=0,
    ),
)
"""What an order without options may have met, to ask which options an experiment lacks then."""
_UP = "../../"


def cause_page(cause: Cause) -> str:
    """Give the page of one cause, as Markdown."""
    seen = symptoms(cause)
    about = f"{sentence(cause.signature)} {sentence(cause.means)} Fix: {cause.mend}"
    lines = [
        *front_matter(about, listed=False),
        f"# {title(cause)}",
        "",
        f"[Causes](../index.md) › [{cause.layer}](index.md) › {cause.id}",
        "",
        *_first(cause, seen),
        *_alike(cause),
        *_asked(cause),
        *_seen_happen(cause),
        *_cases(cause),
        *_code(cause),
        *_name(cause),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _first(cause: Cause, seen: list[Symptom]) -> Iterator[str]:
    links = "; ".join(f"[{each.title}]({_UP}symptoms/{each.slug}.md)" for each in seen)
    yield f"**What you see:** {sentence(cause.signature)}"
    yield ""
    yield f"**Fix:** {cause.mend}"
    yield ""
    yield f"**Make sure:** {sentence(cause.decisive)}"
    yield ""
    if cause.untestable:
        yield f"No client can test this in passing: {sentence(cause.untestable)}"
    else:
        yield from ("```console", f"hangup {URL}{options(cause)}", "```")
    yield ""
    if links:
        yield f"Other causes of what you see: {links}."
        yield ""


def options(cause: Cause) -> str:
    """Give the options with which the deciding experiments can be asked, each after a space."""
    wanted = {_option(name) or CHOSEN.get(name, "") for name in cause.asks}
    wanted |= {USUAL.get(cause.layer, ""), *cause.needs.split()}
    given = [option for option in EXAMPLES if option in wanted]
    if "--other-token" in given:
        given = [option for option in given if option != "--token"]
    if {"--resume", "--differently"} & set(given):
        given = [option for option in given if option != "--send"]
    return "".join(f" {EXAMPLES[option]}" for option in given)


@cache
def _option(experiment: str) -> str:
    """Give the option that an experiment needs of an order that has none; "" for none."""
    found = next((each for each in EXPERIMENTS if each.name == experiment), None)
    reasons = (
        [found.inapplicable(BARE, baseline) or "" for baseline in (None, OPEN)] if found else ()
    )
    needs = (
        why.removeprefix("needs ").split(" ")[0] for why in reasons if why.startswith("needs ")
    )
    return next((option for option in needs if option in EXAMPLES), "")


def _alike(cause: Cause) -> Iterator[str]:
    yield "## What it is mistaken for"
    yield ""
    yield f"Often taken for: {_linked(cause.look_alikes)}."
    yield ""
    found = look_alikes(cause)
    if not found:
        return
    yield (
        "These causes are the hardest to tell from it by one connection. The question is the one "
        "that separates the two best, reckoned from what each predicts."
    )
    yield ""
    head = ("it could also be", "ask", "here", "there")
    yield from markdown_table(head, map(_row, found))


def _row(each: Apart) -> tuple[str, ...]:
    name = f"[{each.other.means}]({_UP}{place(each.other)}.md)"
    if each.sign is None:
        return (name, "nothing that a client can ask; look at the server", "", "")
    here, there = (
        f"{answer(each.sign.name, value)} ({percent(round(share, 2))})"
        for value, share in (each.here, each.there)
    )
    return (name, f"[{each.sign.question}]({_UP}reference/signs.md#{each.sign.name})", here, there)


def _linked(text: str) -> str:
    """Link the ids of causes in a text."""
    for cause in CAUSES:
        if cause.id in text:
            text = text.replace(cause.id, f"[{cause.id}]({_UP}{place(cause)}.md)")
    return text


def _asked(cause: Cause) -> Iterator[str]:
    if not cause.predicts:
        return
    yield "## What it looks like in each experiment"
    yield ""
    if cause.latent:
        yield ("One honest connection is well: what is not named here is as at a healthy endpoint.")
        yield ""
    yield from _predicted(cause.predicts.items())
    if cause.struck:
        yield "Once it has ended the honest request itself:"
        yield ""
        yield from _predicted(cause.struck.items())


def _predicted(expects: Iterable[tuple[str, Expect]]) -> Iterator[str]:
    answers = dict(expects)
    rows = (
        (f"[{s.question}]({_UP}reference/signs.md#{s.name})", expected(s.name, answers[s.name]))
        for s in SIGNS
        if s.name in answers
    )
    yield from markdown_table(("question", "answer"), rows)


def _seen_happen(cause: Cause) -> Iterator[str]:
    commands = [f"hangup demo {demo.name}" for demo in DEMOS if demo.truth_cause == cause.id]
    commands += [
        f"hangup chat --development --fault {fault.name}"
        for fault in FAULTS.values()
        if fault.causes[0] == cause.id
    ]
    worlds = [world for world in WORLDS if world.truth == cause.id]
    if not commands and not worlds:
        return
    yield "## See it happen"
    yield ""
    if worlds:
        yield (
            f"{_counted(len(worlds))} of [the fault lab]({_UP}lab/{cause.layer}.md"
            f"#{anchor(cause.id)}) {'has' if len(worlds) == 1 else 'have'} this fault on purpose."
        )
        yield ""
        commands += [f'hangup lab run "{world.name}"' for world in worlds[:1]]
    yield from ("```console", *commands, "```", "")


def _in_code(text: str) -> str:
    """Set a text's options in code."""
    return re.sub(r"--[a-z-]+", lambda option: f"`{option[0]}`", text)


def _counted(number: int) -> str:
    return "One world" if number == 1 else f"{number} worlds"


def _cases(cause: Cause) -> Iterator[str]:
    cases = [case for case in CASES if case.cause == cause.id]
    if not cases:
        return
    yield "## Who has met it"
    yield ""
    yield "Public reports whose thread found this cause:"
    yield ""
    yield from (f"- [{case.id}]({case.url}): {case.wrong}" for case in cases)
    yield ""


def _code(cause: Cause) -> Iterator[str]:
    rules = [rule for rule in RULES if cause.id in rule.causes]
    if not rules:
        return
    yield "## Find it in the code"
    yield ""
    yield "`hangup preflight` reads server code for lines that end so:"
    yield ""
    for rule in rules:
        yield f"- [{rule.id}]({_UP}reference/preflight.md#{rule.id}): {rule.means}"
    yield ""


def _name(cause: Cause) -> Iterator[str]:
    core = "met often in public cases and measurements" if cause.core else "met rarely"
    yield "## In the output of hangup"
    yield ""
    yield f"Diagnoses name it `{cause.id}`, of the layer `{cause.layer}`. It is {core}."
    if cause.needs:
        yield ""
        yield f"To show, it needs {_in_code(cause.needs)}."
    yield ""
