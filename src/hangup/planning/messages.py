"""Adds checks of messages: what was given to be said, and what is tried where that is allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hangup.planning.declared import ends_line
from hangup.planning.draft import Draft, Entry, expect, send
from hangup.planning.heard import ANY, after_last_word, expectation
from hangup.planning.written import quoted

if TYPE_CHECKING:
    from hangup.planning.probing import Look

PROBE = '{"type": "ping"}'
"""What is said where nothing is known of the messages: the likeliest to be harmless."""
BROKEN = '{"type": '
REPLY, NO_REPLY = 3.0, 1.0
"""Seconds that a reply may take where it is looked for, and that a close may take."""
STEP = 16
"""Copies of a variable in the next one, so that a large message takes a few lines."""
PHASE = "messages"


def add_messages(draft: Draft, look: Look, opens: bool) -> None:
    """Add what can be said of messages, where the connection stays open at all."""
    wish = look.wish
    if not opens:
        return
    if wish.sends or wish.expects:
        _add_conversation(draft, look)
    if wish.try_message:
        _add_probe(draft, look)
        _add_wrong(draft, look)
    elif not wish.sends:
        entry = Entry(
            "a message is answered",
            "The connection is of use only when messages are.",
            wish.keys(wish.user, "steps:", f"  {send(json.loads(PROBE))}", '  - expect: "pong"'),
            doubt="no message was given; --send TEXT is said and its answer written down, and "
            "--try-message tries some, which may change something on the server",
        )
        draft.add(PHASE, entry)


def _add_conversation(draft: Draft, look: Look) -> None:
    """Say what was given, twice, and write down what was answered both times."""
    wish = look.wish
    names = ("said", "said again")
    for name in names:
        look.see(Entry(name, "", wish.keys(wish.user, "steps:", *_asking(look))))
    answers = [_answers(look, name) for name in names]
    lines = [*_greeted(look)]
    for place, text in enumerate(wish.sends):
        lines.append(f"  {said(text)}")
        if place < len(wish.expects):
            lines += _expected(quoted(wish.expects[place]))
        elif place == len(wish.sends) - 1 and all(answers):
            lines += _expected(expectation([each[0] for each in answers])[0])
    for pattern in wish.expects[len(wish.sends) :]:
        lines += _expected(quoted(pattern))
    why = "What was given to be said is answered in the same way each time."
    if not wish.expects and not all(answers):
        why = f"What was given to be said; nothing was heard of it within {REPLY:g} s."
    _add_said(draft, look, names[0], Entry("a message is answered", why), lines)


def _add_probe(draft: Draft, look: Look) -> None:
    wish = look.wish
    names = ("tried", "tried again")
    steps = [*_greeted(look), f"  {said(PROBE)}", *_expected(ANY, REPLY)]
    for name in names:
        look.see(Entry(name, "", wish.keys(wish.user, "steps:", *steps)))
    answers = [_answers(look, name) for name in names]
    lines = [*_greeted(look), f"  {said(PROBE)}"]
    why = f"A message that was tried, {PROBE}: nothing was heard of it within {REPLY:g} s."
    if all(answers):
        lines += _expected(expectation([each[0] for each in answers])[0])
        why = f"A message that was tried, {PROBE}, is answered in the same way each time."
    _add_said(draft, look, names[0], Entry("a tried message is answered", why), lines)


def _add_wrong(draft: Draft, look: Look) -> None:
    """Try what no server should fall over: a message that is no JSON, and a large one."""
    wish = look.wish
    large = large_text(draft.variables)
    large_text(look.variables)
    tries = {
        "a message that is no JSON": quoted(BROKEN),
        "a message of more than 1 MiB": f'"{large}"',
    }
    for name, text in tries.items():
        lines = [*_greeted(look), f"  - send: {text}", f"  - wait: {NO_REPLY:g}"]
        look.see(Entry(name, "", wish.keys(wish.user, "steps:", *lines)))
        why = "What a server cannot use it answers, lets be, or closes with a code of its own."
        _add_said(draft, look, name, Entry(name, why), lines)


def _add_said(draft: Draft, look: Look, looked: str, entry: Entry, lines: list[str]) -> None:
    """Add a check of something said, with the end that was seen when it was looked at."""
    declared, words = look.declared(looked)
    entry.why += f" Seen: {words}."
    if declared and declared != "open" and not any("wait" in line for line in lines):
        lines = [*lines, f"  - wait: {NO_REPLY:g}"]
    ends = ends_line(declared or "open")
    entry.keys = look.wish.keys(look.wish.user, *ends, "steps:", *lines)
    if declared is None:
        entry.doubt = f"a plan should not declare what was seen: {words}"
    draft.add(PHASE, entry)


def _asking(look: Look) -> list[str]:
    """Give the steps of a look: any reply is waited for where none was named."""
    wish = look.wish
    lines = [*_greeted(look)]
    for place, text in enumerate(wish.sends):
        lines.append(f"  {said(text)}")
        wanted = quoted(wish.expects[place]) if place < len(wish.expects) else ANY
        lines += _expected(wanted, REPLY)
    for pattern in wish.expects[len(wish.sends) :]:
        lines += _expected(quoted(pattern), REPLY)
    return lines


def _greeted(look: Look) -> list[str]:
    return [line for each in look.greetings for line in _expected(each[0])]


def _expected(wanted: str, within: float = 5.0) -> list[str]:
    return [f"  {line}" for line in expect(wanted, within)]


def _answers(look: Look, name: str) -> list[str | None]:
    result = look.results.get(name)
    return after_last_word(result.traces[0]) if result and result.traces else []


def said(text: str) -> str:
    """Give the step that says a text, as a mapping where the plan sends the same JSON for it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return send(text)
    forms = (json.dumps(value, ensure_ascii=False, separators=s) for s in (None, (",", ":")))
    return send(value) if isinstance(value, dict | list) and text in forms else send(text)


def large_text(variables: dict[str, str]) -> str:
    """Give a text of variables, which are added, that is a little more than 1 MiB."""
    unit = "x" * 64
    for name, text in (
        ("X64", unit),
        ("X1K", "${X64}" * STEP),
        ("X16K", "${X1K}" * STEP),
        ("X256K", "${X16K}" * STEP),
    ):
        variables[name] = text
    return "${X256K}" * 4 + "x"
