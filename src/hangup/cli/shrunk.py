"""Prints the smallest breaking message: as a document, or for people."""

from __future__ import annotations

import base64
import json
import re
import shlex
from typing import Any

import msgspec

from hangup import __version__
from hangup.cli.output import Output
from hangup.cli.shrinking import Done
from hangup.conversation import Conversation, Send
from hangup.inquiry import Inquiry
from hangup.redact import Redactor
from hangup.report.escape import show
from hangup.report.reproduce.shell import diagnose_words
from hangup.report.units import count, duration, size
from hangup.report.words import closure_sentence
from hangup.shrink.run import Shrinking, redacted
from hangup.shrink.steps import Message, encoded

SCHEMA = "hangup.shrink/1"
MOST_SHOWN = 500
"""Characters of a message that are shown; the document has it whole."""
LONG_RUN = 100
"""Times the same character from which a command makes it in place of holding it."""
MOST_COMMAND = 100_000
"""Bytes of a message that a command line can hold (Linux: 128 KiB an argument)."""
_RUN = re.compile(rf"([A-Za-z0-9 ])\1{{{LONG_RUN - 1},}}")
_MARK = "<run>"
"""Stands for the run while the command is quoted, which it always must be."""


def print_shrunk(output: Output, done: Done) -> None:
    """Print what was found on stdout; without it only the document is printed."""
    state = done.state
    if output.as_json:
        with output.printing():
            print(json.dumps(_document(done), indent=2))
    elif state.journal:
        with output.printing():
            _print(output, done)


def _document(done: Done) -> dict[str, Any]:
    state = done.state
    journal, redactor = state.journal, _redactor(state)
    found: dict[str, Any] = {"message": None, "because": state.refusal or None}
    if journal:
        found = {
            **_message("message", journal.smallest, redactor),
            "because": _because(state) or None,
            **_message("passes", journal.passes, redactor),
            "bytes": len(encoded(journal.smallest)),
            "bytes_before": len(encoded(journal.whole)),
            "reproduce": _command(state),
        }
    return {
        "schema": SCHEMA,
        "hangup": __version__,
        "endpoint": {"url": redactor.text(state.inquiry.endpoint.url)},
        **found,
        "closure": msgspec.to_builtins(state.closure),
        "tried": state.tried,
        "broke": {"times": state.broke, "of": state.times},
        "repeats": state.repeats,
        "is_minimal": bool(journal and journal.minimal),
        "notes": _notes(state),
        "connections": _connections(state),
        "elapsed_s": round(done.elapsed, 3),
    }


def _message(key: str, message: Message | None, redactor: Redactor) -> dict[str, str | None]:
    if message is None:
        return {key: None}
    raw = redacted(message, redactor)
    if isinstance(message, bytes):
        binary = base64.b64encode(raw).decode()
        return {key: raw.decode("utf-8", "backslashreplace"), f"{key}_base64": binary}
    return {key: raw.decode("utf-8", "replace")}


def _print(output: Output, done: Done) -> None:
    from rich.text import Text  # here: rich is slow to import

    from hangup.cli.terminal import make_terminal

    console = make_terminal(color=output.color)
    for text, style in _lines(done):
        console.print(Text(text, style=style), soft_wrap=True, highlight=False)


def _lines(done: Done) -> list[tuple[str, str]]:
    state = done.state
    journal, redactor = state.journal, _redactor(state)
    assert journal
    small, large = len(encoded(journal.smallest)), len(encoded(journal.whole))
    lines = [
        (_shown(journal.smallest, redactor), "bold"),
        (f"the smallest message that still breaks: {size(small)} of {size(large)}", "dim"),
        ("", ""),
    ]
    if because := _because(state):
        lines.append((f"Because of {show(because, None)}.", ""))
    if journal.passes is not None:
        lines.append((f"This passes: {_shown(journal.passes, redactor)}", ""))
    lines.append((f"It ends so: {_ending(state)}.", ""))
    lines += [(note, "yellow") for note in _notes(state)]
    if command := _command(state):
        lines += [("", ""), (command, "")]
    spent = f"{count(state.tried, 'message')} tried, {count(_connections(state), 'connection')}"
    return [*lines, ("", ""), (f"{spent}, {duration(done.elapsed)}, hangup {__version__}", "dim")]


def _shown(message: Message, redactor: Redactor) -> str:
    raw = redacted(message, redactor)
    if not raw:
        return "(an empty message)"
    text = _RUN.sub(_counted, raw.decode("utf-8", "backslashreplace"))
    return show(text, MOST_SHOWN)


def _counted(run: re.Match[str]) -> str:
    return f"{run[1] * 3}… ({len(run[0]):,} times {run[1]!r})"


def _ending(state: Shrinking) -> str:
    if state.closure is None or (state.ending and state.ending.kind == "open-mute"):
        return state.ending.words if state.ending else ""
    return closure_sentence(state.closure, state.trace)


def _because(state: Shrinking) -> str:
    assert state.journal
    return redacted(state.journal.because, _redactor(state)).decode("utf-8", "replace")


def _notes(state: Shrinking) -> list[str]:
    notes = [*(state.journal.notes if state.journal else ()), *state.notes]
    if state.repeats > 1:
        notes.insert(
            0,
            f"The whole message broke the connection {state.broke} of {state.times} times. Each "
            f"candidate was tried up to {state.repeats} times, so one that breaks seldom may have "
            "been taken for one that passes.",
        )
    redactor = _redactor(state)
    return [redacted(note, redactor).decode("utf-8", "replace") for note in notes]


def _command(state: Shrinking) -> str | None:
    """Give a line for a shell that does it again; None when the message is too long for one."""
    assert state.journal
    message = state.journal.smallest
    if isinstance(message, bytes) or len(encoded(message)) > MOST_COMMAND:
        return None
    found = _RUN.search(message)
    if found:
        message = f"{message[: found.start()]}{_MARK}{message[found.end() :]}"
    words = " ".join(diagnose_words(_asking(state.inquiry, message)))
    if found:
        run = f"printf '%{len(found[0])}s' | tr ' ' {shlex.quote(found[1])}"
        words = words.replace(_MARK, f"'\"$({run})\"'")
    return redacted(words, _redactor(state)).decode("utf-8", "replace")


def _asking(inquiry: Inquiry, message: Message) -> Inquiry:
    steps = inquiry.conversation.steps
    last = max(i for i, step in enumerate(steps) if isinstance(step, Send))
    return msgspec.structs.replace(
        inquiry, conversation=Conversation((*steps[:last], Send(message)))
    )


def _connections(state: Shrinking) -> int:
    return state.workbench.connections if state.workbench else 0


def _redactor(state: Shrinking) -> Redactor:
    return state.workbench.redactor if state.workbench else Redactor(())
