"""Holds what a server sends against the messages that its AsyncAPI document lets it send."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hangup.asyncapi.api import Channel, Message
from hangup.errors import UsageError
from hangup.redact import is_secret_parameter

MOST_BYTES = 1024 * 1024
"""A larger message is not held against schemas, which would take seconds in one go; it fails."""
MOST_WORDS = 160
"""Characters of one violation that are told."""
_NAMES_ONLY = ("required", "additionalProperties", "dependencies")
"""Keywords whose violation is told by the names of properties, whatever their values hold."""
_NOTHING = object()


class UnreadableSchemaError(UsageError):
    """A message's schema is none, or is in a language that we cannot read."""


class Contract:
    """The messages that may come on one connection."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        channels = tuple(channels)
        self._where = " or ".join(repr(each.name) for each in channels[:3])
        self._messages = [(m, validator_of(m)) for each in channels for m in each.hears]

    def violation(self, data: bytes) -> str:
        """Say which promise a message breaks, nothing when it is one of those that may come."""
        if len(data) > MOST_BYTES:
            return f"a message of {len(data)} bytes is too large to be held against its schema"
        try:
            return self._violation(data)
        except RecursionError:
            return "a message is nested too deeply to be held against its schema"

    def _violation(self, data: bytes) -> str:
        if not self._messages:
            return f"a message came, and on {self._where} the server may send none"
        text = data.decode("utf-8", "replace")
        document = _decoded(text)
        broken = []
        for message, validator in self._messages:
            errors = _errors(message, validator, text, document)
            if not errors:
                return ""
            broken.append((_distance(errors), message.name, _first(errors)))
        _, name, what = min(broken, key=lambda each: each[0])
        may = f"none of the {len(broken)} that the server may send on {self._where}"
        return f"a message is {may}; nearest is {name!r}: {what}"


def validator_of(message: Message) -> Any:
    """Give what validates payloads of a message.

    Raises:
        UnreadableSchemaError: its schema is none, or is in another language.
        UsageError: the library that validates is not installed.
    """
    library = _draft7()
    if message.foreign:
        raise UnreadableSchemaError(
            f"the schema of the message {message.name!r} is in {message.foreign[:60]!r}, which "
            "cannot be checked: only JSON Schema can"
        )
    try:
        library.check_schema(message.schema)
    except Exception as exc:  # noqa: BLE001 - what a schema can be wrong in is the library's to know
        what = str(getattr(exc, "message", exc))[:MOST_WORDS]
        raise UnreadableSchemaError(f"the schema of the message {message.name!r}: {what}") from None
    return library(message.schema)


def _draft7() -> Any:
    """Give the validator of draft 7, of which AsyncAPI's own schemas are a superset."""
    try:
        from jsonschema import Draft7Validator  # here: it is slow to import, few plans need it
    except ImportError:
        raise UsageError(
            "messages are validated by jsonschema; install it: pip install 'hangup[asyncapi]'"
        ) from None
    return Draft7Validator


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return _NOTHING


def _errors(message: Message, validator: Any, text: str, document: object) -> list[Any]:
    """Give what is wrong with a payload; a text in place of JSON is one thing."""
    if not message.is_json:
        return list(validator.iter_errors(text))
    if document is _NOTHING:
        return ["it is no JSON"]
    return list(validator.iter_errors(document))


def _distance(errors: list[Any]) -> tuple[int, int]:
    """Give how far a message is from another: what names its kind counts before all else."""
    if isinstance(errors[0], str):
        return 2, 0
    telling = any(each.validator in ("const", "enum") for each in errors)
    return int(telling or (not errors[0].path and errors[0].validator == "type")), len(errors)


def _first(errors: list[Any]) -> str:
    if isinstance(errors[0], str):
        return str(errors[0])
    from jsonschema.exceptions import best_match  # here, as above

    error = best_match(errors)
    path = [str(part) for part in error.absolute_path]
    where = f"at {'.'.join(path)}: " if path else ""
    return where + _told(error, path)


def _told(error: Any, path: list[str]) -> str:
    """Say what one violation is, without values that may be secrets or are long."""
    named = any(is_secret_parameter(part) for part in path)
    whole = isinstance(error.instance, dict | list) and error.validator not in _NAMES_ONLY
    if named or whole:
        wanted = json.dumps(error.validator_value, default=str)
        words = f"it does not keep '{error.validator}'"
        return words if len(wanted) > 60 or "$ref" in wanted else f"{words}: {wanted}"
    message = str(error.message)
    return message if len(message) <= MOST_WORDS else f"{message[: MOST_WORDS - 1]}…"
