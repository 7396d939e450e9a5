from __future__ import annotations

import re

import pytest
import report_examples as example
from hypothesis import example as such_as
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hangup.report.markdown import code, fenced, markdown_report, prose, table

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
# Weighted to what Markdown gives a meaning.
NASTY = st.text(alphabet="`|<>[]()!*_#@&\\~$-+=1. \nahttps:/w", max_size=40)


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def test_the_report_says_who_hung_up() -> None:
    text = markdown_report(example.incident_diagnosis(), [example.incident_trace()])
    assert text.startswith("# Fault: session.masked-exception (97 % sure of the cause)\n")
    assert "The server closed first: 1011 'Internal error', 3 ms after the upgrade" in text
    assert "`t1` event 9" in text
    assert "NameError: name 'time' is not defined" in text


def test_hostile_text_makes_no_tag_and_no_link() -> None:
    diagnosis, trace = example.evil_diagnosis()
    html = rendered(markdown_report(diagnosis, [trace]))
    assert not re.search(r"<(a|img|script|/script)\b", html)


def test_a_healthy_report_has_no_empty_sections() -> None:
    text = markdown_report(
        example.diagnosis(example.healthy_trace(), None), [example.healthy_trace()]
    )
    assert "## Still possible" not in text
    assert "# Healthy (97 % sure)" in text


@pytest.mark.parametrize("text", ["```", "a`b", "`", "", " ", "x|y"])
def test_a_code_span_cannot_be_left(text: str) -> None:
    (paragraph,) = re.findall(r"<p>(.*)</p>", rendered(code(text).replace("\\|", "|")))
    assert re.fullmatch(r"<code>[^<]*</code>", paragraph)


@given(NASTY)
def test_a_fence_cannot_be_left(text: str) -> None:
    html = rendered(fenced([text, text]))
    assert html.count("<pre>") == 1
    assert re.fullmatch(r"<pre><code>[^<]*</code></pre>\n", html)


@given(st.one_of(NASTY, ANY_TEXT))
@such_as("    1")
def test_prose_has_no_markup_but_code(text: str) -> None:
    html = rendered(f"- {prose(text)}")
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= {"ul", "li", "code"}


@given(st.one_of(NASTY, ANY_TEXT))
def test_a_cell_of_a_table_stays_one_cell(text: str) -> None:
    html = rendered(table(("a", "b"), [(prose(text), code(text))]))
    assert html.count("<tr>") == 2
    assert html.count("<td>") == 2
    assert set(re.findall(r"</?([a-z0-9]+)", html)) <= {
        *("table", "thead", "tbody", "tr", "th", "td", "code")
    }


def test_mentions_and_addresses_stand_in_code() -> None:
    assert prose("ask @admin at https://a.test or www.b.test, see #12") == (
        "ask `@admin` at `https://a.test` or `www.b.test,` see `#12`"
    )
