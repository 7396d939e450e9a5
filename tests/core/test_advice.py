"""What to do next names what is to be had, and nothing that this run has done."""

from __future__ import annotations

import pytest
from hand_made import ENDINGS, OPEN, closed, failed_tls, trace, works

from hangup.advice import (
    MOST_STEPS,
    NOTHING_LEFT,
    OPTIONS,
    Asked,
    again_with,
    decided_by,
    next_steps,
    told_apart,
)
from hangup.causes import CAUSES
from hangup.ending import ending_of
from hangup.endpoint import Endpoint
from hangup.event import ResponseReceived, StreamEnded
from hangup.experiments.catalogue import EXPERIMENTS
from hangup.inquiry import Inquiry
from hangup.judge import weigh
from hangup.signs import SIGNS
from hangup.trace import Trace

BY_ID = {cause.id: cause for cause in CAUSES}
STRIPPED = BY_ID["proxy.upgrade-stripped"]
BELIEF = weigh({}, SIGNS, CAUSES)
CUT = trace(*OPEN, StreamEnded(at=9.0))
NOTHING = Asked(frozenset(), {})
NO_BYPASS = {"bypass": "needs --bypass", "bypass-get": "needs --bypass"}


def steps(seen: Trace, cause: str | None = None, asked: Asked = NOTHING) -> tuple[str, ...]:
    return next_steps(asked, (seen, ending_of(seen)), BY_ID[cause] if cause else None, {})


def behind(server: str, seen: Trace) -> Trace:
    events = (
        ResponseReceived(
            at=e.at,
            status=e.status,
            reason=e.reason,
            http_version="1.1",
            headers=(("Server", server),),
            took=e.took,
        )
        if isinstance(e, ResponseReceived)
        else e
        for e in seen.events
    )
    return trace(*events)


def test_what_was_asked_does_not_decide_any_more() -> None:
    assert decided_by(STRIPPED, Asked(frozenset({"plain-get"}), {})) == "direct against proxied"


def test_what_needs_an_option_names_it() -> None:
    asked = Asked(frozenset({"plain-get"}), NO_BYPASS)
    assert decided_by(STRIPPED, asked) == "direct against proxied (needs --bypass)"


def test_what_cannot_be_asked_does_not_decide() -> None:
    asked = Asked(frozenset({"plain-get"}), {"bypass": "nothing answered over HTTP"})
    assert decided_by(STRIPPED, asked) == NOTHING_LEFT


def test_causes_that_an_option_tells_apart_name_it() -> None:
    ran = frozenset(s.experiment for s in SIGNS) - {"bypass", "bypass-get"}
    found = told_apart(
        BELIEF, SIGNS, Asked(ran, NO_BYPASS), "session.route-missing", "proxy.upgrade-stripped"
    )
    assert found == ("a run with --bypass", "--bypass")


def test_no_cause_is_told_apart_by_what_ran() -> None:
    every = Asked(frozenset(s.experiment for s in SIGNS), {})
    told = {told_apart(BELIEF, SIGNS, every, "tcp.refused", c.id)[0] for c in CAUSES if c.predicts}
    assert not any(words.startswith(("the experiment", "a run with")) for words in told)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_step_that_names_an_option_says_what_it_decides(option: str) -> None:
    assert again_with(option).startswith(f"Run again with {option} {OPTIONS[option][0]} to see whe")


def test_a_budget_is_named_as_it_is_needed() -> None:
    assert "--budget 41 to see" in again_with("--budget 41")


def test_the_log_is_read_at_the_end_to_the_millisecond() -> None:
    (step,) = steps(closed(1011, "Internal error"))
    assert "2026-09-21 14:13:20.500 UTC" in step
    assert step.endswith("look for 'Internal error' or a traceback.")


def test_only_the_log_of_a_proxy_that_names_itself_is_asked_for() -> None:
    seen = closed(1011)
    assert "error log" not in steps(seen)[0]
    assert "the application's log and nginx's error log" in steps(behind("nginx", seen))[0]


def test_a_fault_of_the_proxy_stands_in_its_log_first() -> None:
    seen = behind("nginx/1.22.1", ENDINGS["fin"])
    assert any(
        step.startswith("Read nginx's error log and the")
        for step in steps(seen, "keepalive.proxy-idle")
    )


def test_what_works_or_never_came_to_the_server_stands_in_no_log() -> None:
    assert [steps(seen) for seen in (works(), ENDINGS["tcp-refused"])] == [(), ()]


@pytest.mark.parametrize("failure", ["tls.issuer-unknown", "tls.self-signed-in-chain"])
def test_an_unknown_issuer_may_be_a_private_authority(failure: str) -> None:
    assert "--cacert FILE" in steps(failed_tls(failure), "tls.untrusted-or-name")[1]


def test_a_certificate_for_another_name_needs_no_authority() -> None:
    assert len(steps(failed_tls("tls.name-mismatch"), "tls.untrusted-or-name")) == 1


def test_what_ends_without_a_word_is_sought_by_its_layer() -> None:
    told = {cause: steps(ENDINGS["fin"], cause)[-1] for cause in ("keepalive.proxy-idle", None)}
    assert told["keepalive.proxy-idle"].endswith("look for a timeout.")
    assert told[None].endswith("look for a traceback, a timeout or a restart.")


def test_without_a_first_user_no_second_one_is_asked_for() -> None:
    asked = Asked(frozenset(), {"a": "needs --other-token", "b": "needs --token"})
    assert [step.split()[3] for step in steps(works(), None, asked)] == ["--token"]


def test_where_only_the_layer_is_known_its_likely_causes_are_mended() -> None:
    seen = failed_tls("tls.issuer-unknown")
    likely = [BY_ID["tls.chain-incomplete"], BY_ID["tls.untrusted-or-name"]]
    apart = {cause.id: ("who issued it", "") for cause in likely}
    told = next_steps(NOTHING, (seen, ending_of(seen)), None, apart, likely=likely)
    assert told[1].startswith("If it is tls.chain-incomplete: send the intermediate")
    assert not any("apart" in step for step in told)


def test_the_steps_are_few() -> None:
    rivals = {option: ("", option) for option in OPTIONS}
    seen = closed(1008)
    base = (seen, ending_of(seen))
    assert len(next_steps(NOTHING, base, STRIPPED, rivals)) == MOST_STEPS


def test_every_kind_of_ending_has_its_words_to_look_for() -> None:
    reached = {kind: ending_of(seen) for kind, seen in ENDINGS.items()}
    told = {k: steps(ENDINGS[k]) for k, e in reached.items() if e.closure or e.response}
    assert {k for k, said in told.items() if not said} == {"open", "finished"}


def test_every_option_that_an_experiment_lacks_is_explained() -> None:
    bare = Inquiry(endpoint=Endpoint(secure=False, host="h", port=80, target="/ws"), budget=0.1)
    reasons = {
        experiment.inapplicable(bare, ending)
        for experiment in EXPERIMENTS
        for ending in (None, *map(ending_of, (*ENDINGS.values(), CUT)))
    }
    lacking = {r.removeprefix("needs ").split()[0] for r in reasons if r and "needs --" in r}
    assert lacking == set(OPTIONS) - {"--expect"}


@pytest.mark.parametrize(
    ("cause", "age", "server", "said"),
    [
        ("keepalive.proxy-idle", 60.02, "nginx", "60 s is what these come with: nginx (proxy_read"),
        ("keepalive.proxy-idle", 350.4, "", "350 s is what these come with: AWS NLB"),
        ("keepalive.absolute-lifetime", 3601, "", "Cloud Run, at its highest"),
        ("keepalive.proxy-idle", 17.0, "nginx", "Look for 17.0 s in nginx's configuration: proxy_"),
        ("keepalive.proxy-idle", 17.0, "", ""),
        ("session.masked-exception", 60.0, "nginx", ""),
    ],
)
def test_a_timer_is_named_by_the_age_at_death(
    cause: str, age: float, server: str, said: str
) -> None:
    seen = behind(server, trace(*OPEN, StreamEnded(at=0.003 + age)))
    told = " ".join(steps(seen, cause))
    assert said in told
    assert said or ("come with" not in told and "configuration" not in told)
