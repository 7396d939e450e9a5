"""The diagram is drawn by Mermaid itself, and shows what was said as it was said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import report_examples as examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from playwright.sync_api import Page

from chromium_pages import chromium
from hangup.diagnosis import Moment
from hangup.report.escape import show
from hangup.report.markdown import markdown_report
from hangup.report.mermaid import MOST_CHARACTERS, escaped, mermaid
from hangup.trace import Trace

MERMAID = Path(__file__).parents[1] / "node/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
# Weighted to what Mermaid gives a meaning.
NASTY = st.text(alphabet=";:#%{}<>-x)(&\"'$\\`\n end wrap br/ over,é漢", max_size=60)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
WORDS = (
    "end",
    "wrap: x",
    "nowrap: x",
    "a; participant Evil",
    "%% comment",
    '%%{init: {"theme": "dark"}}%%',
    "#quot; #35; &lt; &amp;",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a<br/>b",
    "$$x^2$$",
    "C->>S: forged",
    "\nS->>C: forged",
    "\\n \\u003c",
    "`code` **bold** _it_",
    "accTitle: x",
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page()
        page.set_content("<body></body>")
        page.add_script_tag(path=MERMAID)
        page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        yield page


@pytest.fixture(scope="module")
def drawn(page: Page) -> Callable[[list[str]], list[str]]:
    """Draws a diagram, and gives the texts that it shows."""
    script = """lines => mermaid.render('drawn', lines).then(({svg}) => {
        document.body.innerHTML = svg
        return [...document.querySelectorAll('text')].map(each =>
            [...each.childNodes].map(part => part.textContent).join(' '))
    })"""
    return lambda lines: [" ".join(t.split()) for t in page.evaluate(script, "\n".join(lines))]


def one_message(text: str) -> Trace:
    return examples.trace(*examples.opened(), examples.sent(1.0, text))


def test_the_incident_is_told_step_by_step() -> None:
    assert mermaid(examples.incident_trace(), examples.server_moments()) == [
        "sequenceDiagram",
        "    participant C as client",
        "    participant S as server",
        "    C->>S: 0.9 to 1.5 ms, GET /ws",
        "    S->>C: 2.0 to 3.4 ms, 101 Switching Protocols",
        "    Note right of S: 4.0 ms, NameError: name 'time' is not defined<br/>"
        "at app/auth.py:212 in check_token",
        "    rect rgba(215, 58, 73, 0.15)",
        "    S-xC: 4.2 to 6.6 ms, close 1011 'Internal error'",
        "    Note right of S: the server closed first",
        "    end",
        "    Note right of S: 4.4 ms, ended",
        "    C->>S: 6.7 ms, close 1011 'Internal error'",
        "    S->>C: 7.1 ms, FIN",
        "    Note over C,S: the server closed first: 1011 'Internal<br/>"
        "error', 3 ms after the upgrade, before any<br/>message in either direction",
    ]


def test_mermaid_draws_the_incident(drawn: Callable[[list[str]], list[str]]) -> None:
    shown = drawn(mermaid(examples.incident_trace(), examples.server_moments()))
    assert "4.2 to 6.6 ms, close 1011 'Internal error'" in shown
    assert "the server closed first" in shown
    assert shown.count("client") == 2


@pytest.mark.parametrize("text", WORDS)
def test_what_has_a_meaning_in_mermaid_is_shown_as_it_was_said(
    drawn: Callable[[list[str]], list[str]], text: str
) -> None:
    diagram = ["sequenceDiagram", "participant C", "participant S"]
    diagram += [f"C->>S: {escaped(text)}", f"Note over C,S: {escaped(text)}"]
    wanted = " ".join(show(text).split())
    said = [each for each in drawn(diagram) if each not in ("C", "S")]
    assert "".join("".join(said).split()) == 2 * "".join(wanted.split())


def test_what_a_peer_says_makes_no_element(
    page: Page, drawn: Callable[[list[str]], list[str]]
) -> None:
    diagnosis, trace = examples.evil_diagnosis()
    moments = (Moment(at_ms=5.0, vantage="server", says=examples.EVIL, failure=True),)
    assert len(drawn(mermaid(trace, moments))) > 5
    found = "[...document.body.querySelectorAll('script, img, iframe, a, foreignObject')].length"
    assert page.evaluate(found) == 0
    assert diagnosis.verdict == "fault"


@given(texts=st.lists(st.one_of(NASTY, ANY_TEXT), min_size=20, max_size=20))
@example(texts=["\ud800", "\udfff end", "a\x00b"])
@settings(max_examples=6)
def test_mermaid_reads_whatever_is_said(page: Page, texts: list[str]) -> None:
    diagrams = []
    for text in texts:
        moments = [Moment(at_ms=20.0, vantage="server", says=text, failure=True)]
        diagrams.append("\n".join(mermaid(one_message(text), moments)))
    script = """async diagrams => {
        const wrong = []
        for (const each of diagrams)
            await mermaid.parse(each).catch(error => wrong.push([each, String(error)]))
        return wrong
    }"""
    assert page.evaluate(script, diagrams) == [], json.dumps(diagrams)


def test_the_longest_diagram_is_one_that_github_draws(
    drawn: Callable[[list[str]], list[str]],
) -> None:
    frames = [examples.received(0.01 + i / 1e3, ";#" * 500) for i in range(5000)]
    failed = [Moment(at_ms=i, vantage="server", says=";" * 9999, failure=True) for i in range(99)]
    lines = mermaid(examples.trace(*examples.opened(), *frames), failed)
    assert len("\n".join(lines)) < MOST_CHARACTERS
    assert any(text.endswith("steps not drawn") for text in drawn(lines))


def test_a_report_holds_the_diagram_in_one_fence() -> None:
    diagnosis, trace = examples.evil_diagnosis()
    tokens = MarkdownIt("commonmark").parse(markdown_report(diagnosis, [trace]))
    fences = [token for token in tokens if token.type == "fence" and token.info == "mermaid"]
    assert [token.content.splitlines() for token in fences] == [mermaid(trace)]


def test_a_report_without_a_request_has_no_diagram() -> None:
    trace = examples.certificate_trace()
    assert "mermaid" not in markdown_report(examples.diagnosis(trace, "tls.name-mismatch"), [trace])
