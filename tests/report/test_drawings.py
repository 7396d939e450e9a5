"""Drawings are whole, bounded and well-formed, whatever a peer or a server said."""

from __future__ import annotations

import re
import unicodedata
from xml.etree import ElementTree

import pytest
import report_examples as example
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hangup import event as ev
from hangup.diagnosis import Moment
from hangup.report.closure_svg import closure_drawing
from hangup.report.drawn import drawings_of, linked_events
from hangup.report.exchange_svg import exchange_drawing
from hangup.report.picture import picture
from hangup.report.svg import layers_drawing
from hangup.report.wrap import wrapped
from hangup.trace import Trace

SVG = "{http://www.w3.org/2000/svg}"
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
NASTY = (
    "</text></svg><script>alert(1)</script>",
    "\u202e\u2066reordered",
    "\0\x1b[2J\x07",
    "]]>&amp;&#x0;<![CDATA[",
    '" onload="alert(1)',
    "\udcff\ufffe\uffff",
    "漢字" * 200,
    "x" * 65536,
)


def said_by_all(text: str) -> tuple[Trace, tuple[Moment, ...]]:
    """Give a connection on which client, peer and server all say this text."""
    trace = example.trace(
        *example.connected(),
        replace(example.asked(), target=text),
        example.answered(101, text),
        ev.Upgraded(at=0.0035, subprotocol=None, extensions=(), glued=0),
        ev.FrameReceived(
            at=0.004, opcode="text", size=9, wire_size=9, data=text.encode("utf-8", "replace")
        ),
        ev.FrameRejected(at=0.005, failure=text, text=text, head=b"\0<&", size=3),
        example.close_received(0.0066, 1011, text),
        ev.StreamReset(at=0.007, failure=text, text=text),
        ev.DeadlineExpired(at=0.008, waiting_for=text, since=0.0),
        id=text,
        experiment=text,
        url=f"ws://h/{text}",
    )
    moments = (Moment(at_ms=5.0, vantage="server", says=text, failure=True),)
    return trace, moments


def parsed(trace: Trace, moments: tuple[Moment, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(picture(trace, moments).decode())


def assert_harmless(root: ElementTree.Element) -> None:
    allowed = {"svg", "title", "style", "rect", "text", "line", "circle", "path", "g", "defs"}
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {*allowed, "marker"}
    attributes = [(name, value) for each in root.iter() for name, value in each.attrib.items()]
    assert [name for name, _ in attributes if name.startswith("on") or "href" in name] == []
    assert all("url(" not in value or value.startswith("url(#") for _, value in attributes)
    shown = "".join(root.itertext())
    assert [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"] == []


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_is_drawn_as_text_and_bounded(text: str) -> None:
    trace, moments = said_by_all(text)
    root = parsed(trace, moments)
    assert_harmless(root)
    assert len(picture(trace, moments)) < 40_000


@given(ANY_TEXT)
@settings(max_examples=60)
def test_a_picture_is_well_formed_whatever_is_said(text: str) -> None:
    assert_harmless(parsed(*said_by_all(text)))


@given(ANY_TEXT)
@settings(max_examples=60)
def test_a_drawing_for_a_page_is_well_formed_whatever_is_said(text: str) -> None:
    trace, moments = said_by_all(text)
    for _, drawing in drawings_of(trace, moments, "trace-0"):
        root = ElementTree.fromstring(drawing.__html__())
        hrefs = [each.get("href", "") for each in root.iter("a")]
        assert all(re.fullmatch(r"#trace-0-event-\d+", href) for href in hrefs)


def test_a_picture_of_thousands_of_long_frames_is_bounded() -> None:
    frames = [example.received(0.01 + i / 1e3, "<&'\"> " * 400) for i in range(5000)]
    failed = tuple(
        Moment(at_ms=i, vantage="server", says="E: " + "<" * 9999, failure=True) for i in range(99)
    )
    trace = example.trace(*example.opened(), *frames, url="ws://h/" + "&" * 9999)
    drawn = picture(trace, failed)
    assert b"steps not drawn" in drawn
    assert len(drawn) < 100_000


def test_a_picture_says_who_ended_it_and_follows_light_and_dark() -> None:
    root = parsed(example.incident_trace(), example.server_moments())
    text = [each.text for each in root.iter(f"{SVG}text")]
    assert (text[0] or "").startswith("The server closed first: 1011 'Internal error', 3 ms after")
    assert "the server closed first" in text
    assert "NameError: name 'time' is not defined" in text
    style = root.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"@import|url\(", style)


@pytest.mark.parametrize(
    ("trace", "party", "words"),
    [
        (example.incident_trace(), "server", "closed 1011"),
        (example.healthy_trace(), "client", "we closed 1000"),
        (example.refused_trace(), "server", "403 Forbidden"),
        (example.trace(*example.opened(), ev.StreamEnded(at=1.0)), "server", "FIN, no close frame"),
        (
            example.trace(
                *example.opened(), ev.StreamReset(at=1.0, failure="tcp.reset", text="reset")
            ),
            None,
            "broken off",
        ),
        (
            example.trace(
                *example.opened(),
                ev.DeadlineExpired(at=9.0, waiting_for="a reply", since=0.0),
                ev.LocalClose(at=9.0, why="nothing came", abort=True),
            ),
            None,
            "silence",
        ),
        (example.certificate_trace(), None, "no WebSocket opened"),
    ],
)
def test_the_party_that_ended_it_is_marked(trace: Trace, party: str | None, words: str) -> None:
    root = ElementTree.fromstring(closure_drawing(trace).__html__())
    texts = [(each.get("class", ""), each.text) for each in root.iter("text")]
    assert [text for kind, text in texts if "ended" in kind] == ([party] if party else [])
    assert words in [text for _, text in texts]


def test_an_intermediary_that_closed_stands_between() -> None:
    answer = replace(example.answered(101, "Switching Protocols"), headers=(("server", "Caddy"),))
    opened = (*example.connected(), example.asked(), answer, example.opened()[-1])
    trace = example.trace(*opened, example.close_received(1.0, 1001, ""))
    drawn = closure_drawing(trace).__html__()
    assert '<text x="50%" y="48" class="name actor ended" text-anchor="middle">proxy' in drawn
    assert "an intermediary closed first" in drawn


def test_a_close_of_our_choice_is_drawn_as_a_good_one() -> None:
    healthy, broken = example.healthy_trace(), example.incident_trace()
    assert "ending well" in str(exchange_drawing(healthy, anchor="a").__html__())
    assert "ending well" not in str(exchange_drawing(broken, anchor="a").__html__())


def test_two_drawings_of_a_page_share_no_id() -> None:
    pages = [
        "".join(
            drawing.__html__() for _, drawing in drawings_of(example.incident_trace(), (), name)
        )
        for name in ("trace-0", "trace-1")
    ]
    ids = re.findall(r' id="([^"]*)"', "".join(pages))
    assert len(ids) == 6
    assert len(set(ids)) == len(ids)


def test_the_steps_link_to_the_events_that_are_named() -> None:
    drawing = exchange_drawing(example.incident_trace(), example.server_moments(), "trace-0")
    assert drawing is not None
    linked = {int(n) for n in re.findall(r'href="#trace-0-event-(\d+)"', drawing.__html__())}
    assert linked == linked_events(example.incident_trace(), example.server_moments())
    assert drawing.__html__().startswith('<svg width="100%"')
    assert 'role="group"' in drawing.__html__()


def test_a_trace_in_which_nothing_happened_has_no_drawing_of_it() -> None:
    trace = example.trace(ev.LocalClose(at=0.0, why="the budget ended"))
    assert exchange_drawing(trace) is None
    assert layers_drawing(trace) is None
    assert [caption for caption, _ in drawings_of(trace)] == ["Who ended it"]


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@given(st.text(max_size=200), st.integers(4, 60), st.integers(1, 5))
def test_broken_text_keeps_its_bounds_and_its_words(text: str, room: int, most: int) -> None:
    lines = wrapped(text, room, most)
    assert len(lines) <= most
    assert all(columns(each) <= room for each in lines)
    squeezed = "".join(lines).replace(" ", "")
    whole = text.replace(" ", "")
    assert squeezed == whole or whole.startswith(squeezed.removesuffix("…"))
