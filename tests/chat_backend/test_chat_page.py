"""The chat's page in Chromium: what a user does, and what befalls the network meanwhile."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Chat, answered, ask, connected
from chat_server import spawn_for_development
from playwright.sync_api import Browser, Page, expect

from chromium_pages import chromium, violations
from hangup.lab import proxies
from hangup.lab.chats import spawn_chat
from hangup.lab.process import ServerProcess, free_port
from hangup.lab.proxy import Route

pytestmark = pytest.mark.timeout(120)
ROOT = Path(__file__).parents[2]
LEASE = 40_000.0
"""Milliseconds within which the run of a process that died is another one's."""
HUNDRED = ", ".join(str(number) for number in range(1, 101))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with spawn_for_development(tmp_path_factory.mktemp("chat")) as server:
        yield server.wait_ready()


@pytest.fixture
def watched(browser: Browser, chat: ServerProcess) -> Iterator[Chat]:
    yield from watch(browser, chat.port)


def watch(browser: Browser, port: int) -> Iterator[Chat]:
    watched = Chat(browser, port)
    yield watched
    watched.context.close()
    assert watched.wrong == []


def test_an_answer_streams_with_the_steps_that_led_to_it(watched: Chat) -> None:
    page = watched.signed_in("streaming")
    ask(page, "two and two")
    assert answered(page, 1) == "2 + 2 = 4"
    page.get_by_text("Used calculate").click()
    expect(page.locator("article pre").first).to_contain_text("2 + 2")
    expect(page.locator("#heard")).to_have_text("2 + 2 = 4")
    expect(page.locator("nav [aria-current=true]")).to_have_text("two and two")


def test_what_is_said_is_never_markup(watched: Chat) -> None:
    page = watched.signed_in("markup")
    ask(page, "<img src=x onerror=alert(1)> <b>two</b>")
    answered(page, 1)
    assert page.locator("#talk img, #talk b, nav img").count() == 0
    expect(page.locator(".asked")).to_have_text("<img src=x onerror=alert(1)> <b>two</b>")


def test_a_page_that_is_loaded_again_goes_on_in_the_midst_of_an_answer(watched: Chat) -> None:
    page = watched.signed_in("reloading")
    ask(page, "count to a hundred")
    page.get_by_text("20, ").wait_for()
    page.reload()
    expect(page.locator(".told")).to_contain_text("1, 2, 3")
    assert answered(page, 1) == HUNDRED


def test_two_users_in_two_tabs_see_their_own_alone(watched: Chat) -> None:
    alice, bob = watched.signed_in("alice"), watched.signed_in("bob")
    ask(alice, "two and two")
    ask(bob, "three and three")
    assert (answered(alice, 1), answered(bob, 1)) == ("2 + 2 = 4", "3 + 3 = 6")
    for page, other in ((alice, "three"), (bob, "two")):
        page.reload()
        connected(page)
        answered(page, 1)
        assert other not in page.locator("body").inner_text()


def test_two_tabs_of_a_user_show_one_conversation(watched: Chat) -> None:
    one = watched.signed_in("twice")
    ask(one, "two and two")
    answered(one, 1)
    two = watched.signed_in("twice")
    two.get_by_role("button", name="two and two", exact=True).click()
    answered(two, 1)
    ask(one, "count to 30")
    expect(two.locator("article")).to_have_count(2)
    assert answered(two, 2) == answered(one, 2) == ", ".join(str(n) for n in range(1, 31))
    assert two.locator(".asked").nth(1).inner_text() == "count to 30"


def test_everything_can_be_done_by_keys(watched: Chat) -> None:
    page = watched.signed_in("keys")
    ask(page, "count to a thousand")
    page.get_by_text("5, ").wait_for()
    page.keyboard.press("Escape")
    assert answered(page, 1, "stopped").startswith("1, 2, 3")
    page.keyboard.press("Alt+n")
    expect(page.locator("article")).to_have_count(0)
    page.keyboard.type("two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and two")
    page.keyboard.press("Enter")
    answered(page, 1)
    expect(page.locator("nav li")).to_have_count(2)
    page.keyboard.press("Alt+ArrowDown")
    answered(page, 1, "stopped")
    page.keyboard.press("Alt+ArrowUp")
    answered(page, 1)
    assert page.locator(".asked").inner_text() == "two\nand two"


def test_questions_that_follow_at_once_stay_in_their_thread(watched: Chat) -> None:
    page = watched.signed_in("hasty")
    for text in ("two and two", "three and three", "count to three"):
        ask(page, text)
    assert [answered(page, n) for n in (1, 2, 3)] == ["2 + 2 = 4", "3 + 3 = 6", "1, 2, 3"]
    expect(page.locator("nav li")).to_have_count(1)


def test_a_thread_is_deleted(watched: Chat) -> None:
    page = watched.signed_in("deleting")
    ask(page, "two and two")
    answered(page, 1)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete thread two and two").click()
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("nav li")).to_have_count(0)


def test_a_lost_network_loses_nothing(browser: Browser, chat: ServerProcess) -> None:
    route = Route(port=free_port(), upstream=chat.port)
    for watched in watch(browser, route.port):
        with proxies.spawn("nginx", route) as network:
            network.wait_ready()
            page = watched.signed_in("lost")
            ask(page, "count to a hundred")
            page.get_by_text("10, ").wait_for()
        expect(page.locator("#state")).to_have_attribute("data-state", re.compile("waiting|conn"))
        ask(page, "two and two")
        with proxies.spawn("nginx", route) as network:
            network.wait_ready()
            assert (answered(page, 1), answered(page, 2)) == (HUNDRED, "2 + 2 = 4")


def test_a_server_that_was_killed_says_what_became_of_an_answer(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    for watched in watch(browser, port):
        with spawn_for_development(tmp_path, port=port) as server:
            server.wait_ready()
            page = watched.signed_in("killed")
            ask(page, "count to a thousand")
            page.get_by_text("5, ").wait_for()
            server.stop(grace=0.0)
        with spawn_for_development(tmp_path, port=port) as server:
            server.wait_ready()
            answered(page, 1, "failed", patience=LEASE)
            ask(page, "two and two")
            assert answered(page, 2) == "2 + 2 = 4"
        expect(page.locator("article .note").first).to_contain_text("has died")


def test_a_refused_token_is_said_where_one_signs_in(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    for watched in watch(browser, port):
        with spawn_chat(tmp_path, port=port) as server:
            server.wait_ready()
            page = watched.page()
            page.get_by_label("Token").fill("no.token.atall")
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator("#refused")).to_contain_text("malformed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000, 2560])
def test_it_fits_and_can_be_used_by_all(watched: Chat, scheme: str, width: int) -> None:
    page = watched.signed_in(f"wide{width}{scheme}")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 640})
    ask(page, "two and two")
    answered(page, 1)
    page.get_by_text("Used calculate").click()
    page.get_by_text("Keys").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert violations(page) == []


def test_the_door_can_be_used_by_all(watched: Chat) -> None:
    page: Page = watched.page()
    page.get_by_label("Name").wait_for()
    assert violations(page) == []


def test_the_page_is_held_to_what_is_its_own(chat: ServerProcess) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{chat.port}/", timeout=10) as answer:
        policy = answer.headers["content-security-policy"]
        page = answer.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page
    assert " style=" not in page
