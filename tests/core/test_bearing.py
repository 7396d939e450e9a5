"""The server's record and the verdict from outside are put beside each other in words."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hangup.bearing import NAMED, bearing, cause_of, with_steps
from hangup.causes import CAUSES
from hangup.diagnosis import Alternative, Diagnosis, EndpointSeen, Incident

BY_ID = {cause.id: cause for cause in CAUSES}
MASKED, AUTH = "session.masked-exception", "auth.auth-code-crashes"
FRAME = "app/auth.py:212 in check_token"
LOG = "Read the application's log at 2026-11-28 10:56:37.430 UTC, when it ended: look."
APART = f"To tell {AUTH} apart: a server-side record of the phase and frame in which it died."


def incident(**changes: Any) -> Incident:
    usual = {"exception": "NameError", "message": "name 'time' is not defined", "frame": FRAME}
    usual |= {"kind": "masked-exception", "phase": "auth"}
    return Incident(**{**usual, "chain": (), **changes})


def diagnosis(cause: str | None = MASKED, *alive: str, steps: tuple[str, ...] = ()) -> Diagnosis:
    found = BY_ID.get(cause or "")
    return Diagnosis(
        endpoint=EndpointSeen(url="ws://x/ws", server="uvicorn"),
        verdict="fault" if found else "inconclusive",
        layer=found.layer if found else None,
        cause=cause,
        confidence=0.9,
        summary="",
        alternatives=tuple(
            Alternative(cause=each, layer=BY_ID[each].layer, confidence=0.06, told_apart_by="")
            for each in alive
        ),
        findings=(),
        closure=None,
        experiments=(),
        next_steps=steps,
        connections=1,
        elapsed_s=1.0,
        hangup="0",
    )


def test_a_rival_that_the_record_names_is_said_to_be_decided() -> None:
    said = bearing(diagnosis(MASKED, AUTH), incident())

    assert said.startswith(f"The server's record decides what the experiments cannot, {AUTH}: the")
    assert said.endswith(f"{MASKED} is what that looks like from outside.")
    assert said.count(". ") == 0


def test_what_is_no_rival_in_another_layer_does_not_fit() -> None:
    said = bearing(diagnosis("keepalive.proxy-idle"), incident())

    assert "does not fit this verdict" in said
    assert AUTH in said
    assert "keepalive.proxy-idle" in said


def test_an_open_verdict_is_named() -> None:
    assert AUTH in bearing(diagnosis(None), incident())


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        (AUTH, {}),
        ("session.clean-close-masks-error", {"phase": "open"}),
        (MASKED, {"kind": "stall"}),
        (MASKED, {"phase": "closing"}),
    ],
    ids=["the-same", "one-place-seen-twice", "may-be-several", "at-the-end"],
)
def test_what_agrees_or_names_no_cause_adds_no_sentence(cause: str, changes: Any) -> None:
    assert bearing(diagnosis(cause), incident(**changes)) == ""


def test_steps_begin_at_the_frame_and_ask_for_nothing_that_is_known() -> None:
    told = diagnosis(MASKED, AUTH, steps=(BY_ID[MASKED].mend, LOG, APART, "Run it again."))

    assert with_steps(told, incident()) == (
        f"Look at {FRAME}: NameError came from there. A name is missing there, most often an "
        "import. `hangup preflight` finds the others like it.",
        BY_ID[AUTH].mend,
        "Run it again.",
    )


def test_steps_of_a_verdict_that_the_record_does_not_fit_are_kept() -> None:
    mend = BY_ID["keepalive.proxy-idle"].mend
    told = with_steps(diagnosis("keepalive.proxy-idle", steps=(mend,)), incident(exception="E"))

    assert told == (f"Look at {FRAME}: E came from there.", mend)


def test_a_value_that_cannot_be_sent_is_named() -> None:
    found = incident(kind="unserializable", exception="TypeError", detail="$.type: app.Kind")
    (step,) = with_steps(diagnosis(None), found)[:1]

    assert step.endswith("Convert $.type: app.Kind before it is sent.")


def test_without_a_frame_the_steps_stay() -> None:
    told = diagnosis(MASKED, steps=(LOG,))
    assert with_steps(told, incident(frame="")) == (LOG,)


def test_every_cause_that_is_named_is_in_the_catalogue() -> None:
    assert [cause for _, _, cause in NAMED if cause not in BY_ID] == []
    assert cause_of(incident(kind="killed")) == ""
    assert bearing(replace(diagnosis(AUTH)), incident()) == ""
