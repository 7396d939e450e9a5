"""What the site's pages say of the catalogue is reckoned from it, and nothing is left out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
from doc_pages import ROOT
from website.catalogue_pages import LAYERS, SERVERS, catalogue_pages, causes_of
from website.cause_pages import URL, cause_page, options
from website.likeness import BY_ID, TESTABLE, apart, bits, look_alikes
from website.source import page, write
from website.symptom_pages import likely, symptom_pages
from website.symptoms import OF_KIND, SYMPTOMS
from website.words import described, title

from hangup.causes import CAUSES
from hangup.cli.app import app
from hangup.ending import KINDS
from hangup.lab.worlds import WORLDS
from hangup.signs import SIGNS
from hangup.timers import TIMERS

MASKED = BY_ID["session.masked-exception"]


def test_every_kind_of_ending_is_of_one_symptom() -> None:
    assert sorted(OF_KIND) == sorted(KINDS)
    assert len(OF_KIND) == sum(len(each.kinds) for each in SYMPTOMS)


def test_every_cause_that_is_tested_is_found_under_a_symptom() -> None:
    found = {cause.id for symptom in SYMPTOMS for cause, _ in likely(symptom)}
    assert [cause.id for cause in TESTABLE if cause.id not in found] == []


def test_the_likeliest_cause_stands_first_and_shares_are_shares() -> None:
    for symptom in SYMPTOMS:
        shares = [share for _, share in likely(symptom)]
        assert shares == sorted(shares, reverse=True), symptom.slug
        assert sum(shares) <= 1.0 + 1e-9


def test_1011_begins_with_the_studied_cause() -> None:
    symptom = next(each for each in SYMPTOMS if each.slug == "1011")
    assert likely(symptom)[0][0] is MASKED


def test_what_looks_alike_is_not_the_cause_itself_and_is_told_apart_by_what_differs() -> None:
    for cause in TESTABLE:
        for each in look_alikes(cause):
            assert each.other is not cause
            assert each.sign is None or each.here[0] != each.there[0], (cause.id, each.other.id)


def test_a_crash_on_a_message_is_told_from_one_before_it_by_when_it_ends() -> None:
    other = BY_ID["message.handler-exception"]
    found = apart(MASKED, other)
    assert found.sign
    assert found.sign.name == "when"
    assert (found.here[0], found.there[0]) == ("before-any-message", "after-message")
    assert bits(MASKED, other, (found.sign,)) == max(bits(MASKED, other, (s,)) for s in SIGNS)


def test_the_same_question_separates_from_both_sides() -> None:
    other = BY_ID["auth.token-missing-or-bad"]
    there, back = apart(MASKED, other), apart(other, MASKED)
    assert there.sign is back.sign
    assert (there.here, there.there) == (back.there, back.here)


def test_titles_begin_with_what_people_see() -> None:
    assert title(MASKED).startswith("WebSocket 1011: ")
    assert title(BY_ID["session.route-missing"]).startswith("WebSocket 403")
    assert title(BY_ID["capacity.conn-limit"]).startswith("WebSocket 503")
    assert len({title(cause) for cause in CAUSES}) == len(CAUSES)


def test_the_command_of_each_cause_can_be_parsed() -> None:
    root = click.Context(app, info_name="hangup", **app.context_settings)
    command = app.get_command(root, "diagnose")
    assert command
    for cause in CAUSES:
        words = shlex.split(f"{URL}{options(cause)}")
        assert command.make_context("diagnose", words, parent=root).params, cause.id


def test_a_page_names_the_worlds_demos_and_rules_of_its_cause() -> None:
    text = cause_page(MASKED)
    worlds = [world for world in WORLDS if world.truth == MASKED.id]
    assert f"{len(worlds)} worlds" in text
    assert "hangup demo incident" in text
    assert "reference/preflight.md#py-undefined-name" in text


def test_a_cause_that_cannot_be_tested_says_why() -> None:
    cause = BY_ID["client.tab-throttle"]
    assert cause.untestable[1:] in cause_page(cause)
    assert "hangup wss" not in cause_page(cause)


def test_every_layer_and_world_has_its_place() -> None:
    assert list(dict.fromkeys(cause.layer for cause in CAUSES)) == list(LAYERS)
    pages = catalogue_pages()
    told = "".join(text for name, text in pages.items() if name.startswith("lab/"))
    assert [world.name for world in WORLDS if f"`{world.name}`" not in told] == []


def test_every_server_of_the_list_has_causes() -> None:
    assert [name for name in SERVERS if not causes_of(name)] == []


def test_descriptions_end_at_a_word() -> None:
    assert described("short") == "short"
    long = described("many words " * 40)
    assert len(long) <= 160
    assert long.endswith("words…") or long.endswith("many…")


def test_links_to_the_long_page_lead_to_the_pages_of_causes() -> None:
    text = page(ROOT / "docs" / "howto" / "refused-404.md", "howto/refused-404.md")
    assert "(../causes/proxy/upgrade-stripped.md)" in text
    assert "reference/causes.md" not in text


def test_the_source_is_written_whole_and_anew(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "left.md").write_text("of an earlier build")
    names = write(tmp_path / "source")
    assert not (tmp_path / "source" / "left.md").exists()
    assert set(symptom_pages()) | set(catalogue_pages()) <= set(names)
    assert (tmp_path / "source" / "project" / "readme.md").is_file()
    assert (tmp_path / "source" / "reference" / "diagnosis.schema.json").is_file()


def test_the_page_on_timers_has_every_timer_that_a_diagnosis_knows() -> None:
    text = (ROOT / "docs" / "howto" / "after-sixty-seconds.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) s \| (silence|life)[^|]*\| (.+) \|$", text, re.M)
    for timer in TIMERS:
        kind = "silence" if timer.kind == "idle" else "life"
        names = [who for after, what, who in rows if (float(after), what) == (timer.after, kind)]
        first = re.split(r"[ ,(]", timer.whose)[0]
        assert any(first in each for each in names), timer
