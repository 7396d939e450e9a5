"""What the options say is what the inquiry holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from stand_in import Campaign, Run

from hangup.conversation import Expect, Send, Wait
from hangup.endpoint import Credential, Endpoint, TokenPlace
from hangup.inquiry import Inquiry

Ask = Callable[..., Inquiry]


@pytest.fixture
def ask(run: Run) -> Ask:
    def ask_(*args: str) -> Inquiry:
        campaign = Campaign()
        outcome = run(*args, campaign=campaign)
        assert outcome.status == 0, outcome.err
        return campaign.inquiries[0]

    return ask_


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "target"),
    [
        ("ws://Host.Example", False, "host.example", 80, "/"),
        ("wss://host", True, "host", 443, "/"),
        ("http://host:8080/a", False, "host", 8080, "/a"),
        ("HTTPS://host:/a", True, "host", 443, "/a"),
        ("ws://host?x=1", False, "host", 80, "/?x=1"),
        ("ws://host//a/%2e%2E/b;c=d?x=%20+&&y", False, "host", 80, "//a/%2e%2E/b;c=d?x=%20+&&y"),
        ("ws://host/ä?ö", False, "host", 80, "/%C3%A4?%C3%B6"),
        ("ws://bücher.example/", False, "xn--bcher-kva.example", 80, "/"),
        ("ws://[::1]:8000/ws", False, "::1", 8000, "/ws"),
        ("ws://[0:0::1]/", False, "::1", 80, "/"),
        ("ws://under_score.host.:81/", False, "under_score.host.", 81, "/"),
    ],
)
def test_a_url_is_parsed(
    ask: Ask, url: str, secure: bool, host: str, port: int, target: str
) -> None:
    endpoint = ask("diagnose", url).endpoint
    assert (endpoint.secure, endpoint.host, endpoint.port) == (secure, host, port)
    assert endpoint.target == target


def test_options_before_the_url_mean_diagnose(ask: Ask) -> None:
    assert ask("--budget", "5", "ws://host/").budget == 5


def test_userinfo_becomes_basic_authorization(ask: Ask) -> None:
    endpoint = ask("ws://us%40er:p%3Aw@host/").endpoint
    assert endpoint.headers == (("Authorization", "Basic dXNAZXI6cDp3"),)
    assert "p%3Aw" not in endpoint.url


def test_headers_keep_their_order_and_case(ask: Ask, tmp_path: Path) -> None:
    more = tmp_path / "headers"
    more.write_text("X-Two: 2\n\nx-three:  3 \n")
    endpoint = ask("ws://host/", "-H", "X-One:1", "-H", f"@{more}", "-H", "Host: other").endpoint
    assert endpoint.headers == (
        ("X-One", "1"),
        ("X-Two", "2"),
        ("x-three", "3"),
        ("Host", "other"),
    )


def test_a_bearer_header_is_the_credential(ask: Ask) -> None:
    endpoint = ask("ws://host/", "-H", "Authorization: Bearer abcdef").endpoint
    assert endpoint.headers == ()
    assert endpoint.credential == Credential(token="abcdef")


def test_an_origin_header_is_the_origin(ask: Ask) -> None:
    endpoint = ask("ws://host/", "-H", "origin: https://App.example:444").endpoint
    assert (endpoint.headers, endpoint.origin) == ((), "https://app.example:444")


@pytest.mark.parametrize(
    ("place", "name", "expected"),
    [
        ("header", None, None),
        ("header", "X-API-Key", "X-API-Key"),
        ("query", None, "token"),
        ("query", "jwt", "jwt"),
        ("cookie", None, "token"),
        ("message", None, "token"),
        ("subprotocol", None, None),
        ("subprotocol", "jwt.", "jwt."),
    ],
)
def test_a_token_travels_where_it_is_told(
    ask: Ask, place: TokenPlace, name: str | None, expected: str | None
) -> None:
    named = ["--token-name", name] if name else []
    endpoint = ask("ws://host/", "--token", "abcd", "--token-in", place, *named).endpoint
    assert endpoint.credential == Credential(token="abcd", place=place, name=expected)


def test_tokens_come_from_files_and_variables(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("OTHER", "from-variable")
    endpoint = ask(
        "ws://host/", "--token", f"@{tmp_path / 'token'}", "--other-token", "env:OTHER"
    ).endpoint
    assert endpoint.credential == Credential(token="from-file")
    assert endpoint.other_credential == Credential(token="from-variable")


def test_every_option_comes_from_the_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANGUP_TOKEN", "from-environment")
    monkeypatch.setenv("HANGUP_HEADER", "X-One: 1 and more\nX-Two: 2")
    monkeypatch.setenv("HANGUP_BUDGET", "7")
    monkeypatch.setenv("HANGUP_IPV4", "1")
    inquiry = ask("ws://host/")
    assert inquiry.endpoint.credential == Credential(token="from-environment")
    assert inquiry.endpoint.headers == (("X-One", "1 and more"), ("X-Two", "2"))
    assert (inquiry.budget, inquiry.endpoint.family) == (7, "ipv4")


def test_an_option_wins_over_the_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANGUP_BUDGET", "7")
    assert ask("ws://host/", "--budget", "8").budget == 8


def test_addresses_are_as_in_curl(ask: Ask) -> None:
    endpoint = ask(
        "wss://host/",
        *("--resolve", "host:443:[::1]"),
        *("--bypass", "ws://[::1]:8000"),
        *("--resolve", "[::1]:8000:::2"),
        *("--proxy", "user:pass@gate"),
        *("--resolve", "gate:1080:127.0.0.1"),
        "-k",
    ).endpoint
    assert endpoint.overrides == (
        ("host", 443, "::1"),
        ("::1", 8000, "::2"),
        ("gate", 1080, "127.0.0.1"),
    )
    assert endpoint.http_proxy == ("gate", 1080, "Basic dXNlcjpwYXNz")
    assert not endpoint.tls.verify


@pytest.mark.parametrize(
    ("bypass", "target"),
    [("ws://back:8000", "/ws?a=1"), ("ws://back:8000/", "/"), ("ws://back:8000/x", "/x")],
)
def test_a_bypass_without_a_path_has_that_of_the_url(ask: Ask, bypass: str, target: str) -> None:
    inquiry = ask("wss://host/ws?a=1", "--bypass", bypass, "-H", "X-A: b", "--proxy", "gate:1")
    assert inquiry.bypass == Endpoint(
        secure=False, host="back", port=8000, target=target, headers=(("X-A", "b"),)
    )


def test_limits_and_messages_are_carried(ask: Ask) -> None:
    inquiry = ask(
        "ws://host/",
        *("--send", "-a", "--send", "", "--expect", "[[]", "--subprotocol", "v1"),
        *("--idle", "2", "--budget", "4", "--max-connections", "3", "--crowd", "64"),
    )
    assert inquiry.conversation.steps == (Send("-a"), Expect("[[]"), Send(""))
    assert inquiry.endpoint.subprotocols == ("v1",)
    assert (inquiry.idle, inquiry.budget) == (2, 4)
    assert inquiry.max_connections == 3
    assert inquiry.crowd == 64


def test_a_slow_reader_is_asked_for_and_never_by_itself(ask: Ask) -> None:
    assert ask("ws://host/", "--read-slowly", "13").read_slowly == 13
    assert ask("ws://host/").read_slowly is None


@pytest.mark.parametrize("text", ["", '{"since": {last}}', "-r"])
def test_what_is_said_to_resume_is_carried(ask: Ask, text: str) -> None:
    assert ask("ws://host/", "--resume", text).resume == text
    assert ask("ws://host/").resume is None


def test_another_message_is_carried(ask: Ask) -> None:
    args = ("ws://host/", "--send", "a", "--send", "b")
    assert ask(*args, "--differently", "a").differently == "a"
    assert ask(*args).differently is None


def test_a_scenario_is_the_conversation(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("steps: [{send: a}, {expect: b, within: 1}, {wait: 0.5}]\n")
    steps = ask("ws://host/", "--scenario", str(file)).conversation.steps
    assert steps == (Send("a"), Expect("b", 1.0), Wait(0.5))
