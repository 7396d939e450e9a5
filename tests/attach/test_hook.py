"""The hook changes the modules of its table, and wraps an application once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import stand_in_recorder

from hangup.attach.hook import MODULES, wrapper
from hangup.attach.servers import PLACES
from hangup.lab.apps.asgi import echo


class Middleware:
    def __init__(self, app: object) -> None:
        self.app = app


@pytest.fixture(autouse=True)
def _recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hangup.recorder", stand_in_recorder)


def test_the_hook_watches_for_the_modules_of_the_table() -> None:
    assert tuple(place.module for place in PLACES) == MODULES


def test_an_application_is_wrapped_with_the_sink_of_the_environment(tmp_path: Path) -> None:
    wrap = wrapper({"HANGUP_RECORD": str(tmp_path / "x.db"), "HANGUP_ANNOTATE": "1"})
    first, second = wrap(echo), wrap(echo)

    assert (first.app, first.annotate) == (echo, True)
    assert first.sink is second.sink
    first.sink.close()


def test_what_is_a_recorder_inside_stays_as_it_is(tmp_path: Path) -> None:
    wrap = wrapper({"HANGUP_RECORD": str(tmp_path / "x.db")})
    own = Middleware(Middleware(stand_in_recorder.Recorder(echo)))

    assert wrap(own) is own


def test_an_application_that_holds_itself_is_wrapped() -> None:
    ring = Middleware(None)
    ring.app = ring

    wrapped = wrapper({"HANGUP_RECORD": "stderr"})(ring)

    assert wrapped.app is ring


def test_a_limit_that_cannot_be_read_leaves_the_application_bare(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrap = wrapper({"HANGUP_RECORD": "x.db", "HANGUP_MAX_AGE": "soon"})

    assert wrap(echo) is echo
    assert "nothing is recorded: HANGUP_MAX_AGE" in capsys.readouterr().err
