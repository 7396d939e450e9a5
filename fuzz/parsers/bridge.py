"""What a client of the bridge says: a word of the protocol, or it is told what is wrong."""

from __future__ import annotations

import json

import msgspec

from hangup.bridge.codes import ClosedError
from hangup.bridge.inbound import text_of
from hangup.bridge.words import CONTROL, Control, Unreadable, control, read, told, type_of
from hangup.chat.words import StopAgent, UserMessage

MOST = 2048
_said = {"user_message": UserMessage, "stop_agent": StopAgent}
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in _said.items()}


def parse(data: bytes) -> None:
    """Take the input as a text message."""
    try:
        text = text_of({"text": data.decode("utf-8", "surrogatepass")}, MOST)
    except (UnicodeDecodeError, ClosedError):
        return
    try:
        kind = type_of(text)
        if kind in CONTROL:
            message = control(text, kind)
            assert isinstance(message, Control)
        elif kind in _decoders:
            message = read(_decoders[kind], text, kind)
            assert isinstance(message, UserMessage | StopAgent)
        else:
            return
    except Unreadable as error:
        answer = told(error.trouble)
        assert json.loads(answer)["type"] == "error"
        assert len(answer) < 1000 + 6 * len(text)
        return
    again = msgspec.json.decode(msgspec.json.encode(message), type=type(message))
    assert again == message
