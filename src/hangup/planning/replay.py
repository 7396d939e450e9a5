"""Turns the recorded messages of one WebSocket into steps: said again, and expected by kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence

from hangup.in_band import secrets_in_message, without_credentials
from hangup.planning.draft import expect, send
from hangup.planning.heard import ANY, expectation, leaves, may_change
from hangup.planning.references import References
from hangup.planning.written import Filled, UnwritableError, quoted
from hangup.redact import is_secret_parameter
from hangup.vantage.har_format import Entry as Socket
from hangup.vantage.har_format import Message
from hangup.vantage.har_frames import payload_of

MOST_STEPS, MOST_BYTES = 200, 64 * 1024
TEXT, BINARY, CLOSE = 1, 2, 8
SOONEST, LATEST = 5.0, 60.0
"""Seconds that a message may take at least and at most, whatever it took when it was recorded."""
SPARE = 3.0
"""Times as long as it took when it was recorded."""
DEADLINE = 30.0
MOST_KEPT = 8
SHORTEST_KEPT = 3
"""Characters of a value below which it is said again by chance."""


class Replay:
    """The steps of one recording; `notes` say what was left out."""

    def __init__(self, references: References, messages: Sequence[Message]) -> None:
        self._references = references
        self.notes: list[str] = []
        ordered = sorted(messages, key=lambda each: each.time)
        self._messages = [m for m in ordered if m.type != "error" and m.opcode in (TEXT, BINARY)]
        self._close = next((m for m in ordered if m.opcode == CLOSE), None)
        if len(self._messages) > MOST_STEPS:
            self.notes.append(f"The first {MOST_STEPS} of {len(self._messages)} messages.")
            del self._messages[MOST_STEPS:]
        self._said_again = _said_again(self._messages)
        self._kept: dict[object, str] = {}

    def ends(self, socket: Socket) -> Iterator[str]:
        """Give how it must end, as it did, and by when."""
        status = socket.response.status
        if 300 <= status < 500:
            yield f"ends: {{status: {status}}}"
        elif self._close and self._close.type == "receive":
            code = payload_of(self._close)[:2]
            if len(code) == 2 and int.from_bytes(code, "big") != 1000:
                yield f"ends: {{close: {int.from_bytes(code, 'big')}}}"
        if self._messages:
            took = self._messages[-1].time - self._messages[0].time
            took = took if took < 1e4 else took / 1000  # some exporters write milliseconds
            yield f"deadline: {min(600.0, max(DEADLINE, SPARE * took)):.0f}"

    def steps(self) -> list[str]:
        """Give the lines of the steps, none where nothing was said or heard."""
        lines: list[str] = []
        last = ""
        times = 0
        for number, message in enumerate(self._messages):
            if message.type == "send":
                lines += self._say(message)
                last = ""
                continue
            step = self._hear(message, self._waited(number))
            if step[0] == last and len(step) == 2:
                times += 1
                continue
            last = step[0]
            lines += step
        if times:
            self.notes.append(f"{times} messages of the same kind as the one before are left out.")
        return ["steps:", *(f"  {line}" for line in lines)] if lines else []

    def _waited(self, number: int) -> float:
        before = self._messages[number - 1].time if number else self._messages[number].time
        took = self._messages[number].time - before
        return round(min(LATEST, max(SOONEST, SPARE * took)), 1)

    def _say(self, message: Message) -> list[str]:
        payload = payload_of(message)
        if len(payload) > MOST_BYTES:
            self.notes.append(f"A message of {len(payload)} bytes is left out.")
            return []
        if message.opcode == BINARY:
            return self._say_bytes(payload)
        text = payload.decode("utf-8", "replace")
        try:
            return [send(self._references.in_message(self._with_kept(_json(text))))]
        except UnwritableError as exc:
            self.notes.append(f"A message is left out: {exc}.")
            return []

    def _say_bytes(self, payload: bytes) -> list[str]:
        if any(secrets_in_message(payload)):
            self.notes.append("A binary message is left out: it holds a credential.")
            return []
        return [f"- send-base64: {quoted(base64.b64encode(payload).decode())}"]

    def _hear(self, message: Message, within: float) -> list[str]:
        """Expect a message of the kind that came, and keep what is said again later."""
        payload = payload_of(message)
        text = None if message.opcode == BINARY else _shown(payload)
        wanted = expectation([text], kinds_only=True)[0]
        lines = list(expect(wanted, within))
        keep = self._keep(payload) if wanted != ANY else {}
        if keep:
            pairs = ", ".join(f"{name}: {quoted(path)}" for name, path in keep.items())
            lines.append(f"  keep: {{{pairs}}}")
        return lines

    def _keep(self, payload: bytes) -> dict[str, str]:
        found = {}
        for path, value in leaves(_json(payload.decode("utf-8", "replace")), secrets=True):
            fresh = value in self._said_again and value not in self._kept
            if fresh and len(self._kept) < MOST_KEPT:
                self._kept[value] = f"kept{len(self._kept) + 1}"
                found[self._kept[value]] = path
        return found

    def _with_kept(self, value: object) -> object:
        """Put what was kept of the server's messages in place of what was said of it."""
        if isinstance(value, dict):
            return {key: self._with_kept(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._with_kept(each) for each in value]
        plain = isinstance(value, str | int) and not isinstance(value, bool | Filled)
        return Filled(f"%{{{self._kept[value]}}}") if plain and value in self._kept else value


def _said_again(messages: Sequence[Message]) -> set[object]:
    """Give the values that change from one connection to the next and that the page said back."""
    heard: set[object] = set()
    again: set[object] = set()
    for message in messages:
        found = leaves(_json(payload_of(message)[:MOST_BYTES].decode("utf-8", "replace")), True)
        for path, value in found:
            name = path.rpartition(".")[2]
            if isinstance(value, bool) or not isinstance(value, str | int):
                continue
            if message.type == "send" and value in heard:
                again.add(value)
            fresh = is_secret_parameter(name) or may_change(name, value)
            if message.type == "receive" and fresh and len(str(value)) >= SHORTEST_KEPT:
                heard.add(value)
    return again


def _json(text: str) -> object:
    """Give the JSON that a browser's script wrote, the text where it is none, or written apart."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    forms = (json.dumps(value, ensure_ascii=False, separators=s) for s in (None, (",", ":")))
    return value if isinstance(value, dict | list) and text in forms else text


def _shown(payload: bytes) -> str:
    return without_credentials(payload).decode("utf-8", "replace")
