"""No event keeps a secret, whatever field it stands in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from generated import EVENT_TYPES, NAMED, SECONDS, TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st

from hangup.probe.recorder import Recorder
from hangup.redact import Redactor
from hangup.trace import dump_traces

SECRET = "s3cr+t/of=mine"
AROUND = st.tuples(TEXTS, TEXTS).map(SECRET.join)


def leaky(kind: Any) -> st.SearchStrategy[Any]:
    """Give what a field of a type holds when every text and every byte of it has the secret."""
    arguments = getattr(kind, "__args__", ())
    if getattr(kind, "__origin__", None) is tuple:
        return st.tuples(*(leaky(each) for each in arguments if each is not Ellipsis))
    if type(None) in arguments:
        return leaky(next(each for each in arguments if each is not type(None)))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _filled(kind)
    plain = {str: AROUND, bytes: AROUND.map(str.encode), float: SECONDS, int: st.integers(0, 9)}
    return plain.get(kind, st.from_type(kind))


def _filled(kind: type[Any]) -> st.SearchStrategy[Any]:
    fields = {field.name: leaky(field.type) for field in msgspec.structs.fields(kind)}
    return st.builds(kind, **fields)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_a_recorded_event_holds_no_secret(kind: type[Any], data: st.DataObject) -> None:
    recorder = Recorder(Redactor([SECRET]), clock=lambda: 0.0)
    recorder.add(data.draw(_filled(kind)))
    trace = recorder.trace(id="t1", experiment="baseline", variant="", url=f"ws://h/?t={SECRET}")
    seen = msgspec.json.decode(dump_traces([trace]))
    assert SECRET not in str(trace)
    assert SECRET not in str(seen)


@settings(max_examples=30)
@given(AROUND)
def test_what_surrounds_a_secret_stays(text: str) -> None:
    before, after = text.split(SECRET)
    redacted = Redactor([SECRET]).text(text)
    assert redacted.startswith(before)
    assert redacted.endswith(after)


def test_every_name_for_content_is_that_of_a_field() -> None:
    fields = {field.name for kind in EVENT_TYPES for field in msgspec.structs.fields(kind)}
    assert set(NAMED) <= fields
