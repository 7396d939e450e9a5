"""What must hold of a connection is read from it, and two URLs are held against each other."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator

import pytest
import trustme
from plan_servers import echoing

from hangup.plan import CheckResult, parse_plan, run

StartServer = Callable[..., str]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A WebSocket over TLS whose certificate ends in ten days, from an authority we trust."""
    authority = trustme.CA()
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=10, minutes=5)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert("127.0.0.1", not_after=ends).configure_cert(context)
    known = tmp_path_factory.mktemp("holds") / "ca.pem"
    authority.cert_pem.write_to_path(known)
    with pytest.MonkeyPatch.context() as patch, echoing(context) as port:
        patch.setenv("SSL_CERT_FILE", str(known))
        yield f"wss://127.0.0.1:{port}/ws"


def one(url: str, keys: str) -> CheckResult:
    """Run a plan of one check, whose further keys are given, and give its result."""
    plan = f"endpoint: {url}\ndiagnose: false\nphases: [{{name: p, checks: [{{name: c, {keys}}}]}}]"
    (result,) = run(parse_plan(plan, "plan.yaml")).checks
    return result


HOLDS = {
    "certificate-days: 9": "",
    "certificate-days: 21": "10.0 days left, wanted at least 21",
    "tls: '1.2'": "",
    "tls: 1.3": "TLS: 1.2, wanted at least 1.3",
    "addresses: 1": "",
    "addresses: 2": "addresses: 1 (127.0.0.1), wanted at least 2",
    "header: {via: ^proxy}": "",
    "header: {via: ^cdn}": "header via: 'proxy-a', wanted one matching '^cdn'",
    "header: {x-debug: null}": "",
    "header: {Via: null}": "header Via: 'proxy-a', wanted none",
    "header: {x-debug: .}": "header x-debug: none, wanted one matching '.'",
    "subprotocol: null": "",
    "subprotocol: chat": "subprotocol: none, wanted 'chat'",
    "compression: true": "",
    "compression: false": "compression: permessage-deflate, wanted none",
    "http: 426": "",
    "http: 200": "a plain GET: 426 Upgrade Required, wanted 200",
}


@pytest.mark.parametrize("keys", HOLDS)
def test_what_does_not_hold_says_what_it_was_and_what_was_wanted(secured: str, keys: str) -> None:
    result = one(secured, f"holds: {{{keys}}}")
    assert result.outcome == ("failed" if HOLDS[keys] else "passed")
    assert HOLDS[keys] in result.says


def test_each_that_does_not_hold_is_told(secured: str) -> None:
    result = one(secured, "subprotocols: [chat], holds: {subprotocol: null, tls: 1.3, http: 404}")
    assert result.says.split("; ") == [
        "TLS: 1.2, wanted at least 1.3",
        "subprotocol: chat, wanted none",
        "a plain GET: 426 Upgrade Required, wanted 404",
    ]


def test_an_end_that_was_not_declared_is_told_first(secured: str) -> None:
    says = one(secured, "ends: {status: 403}, holds: {certificate-days: 21}").says
    assert says.startswith("expected: refused with 403; it was: open until we closed it; certifi")


def test_without_tls_none_holds(start_server: StartServer) -> None:
    result = one(start_server("uvicorn"), "holds: {certificate-days: 1, tls: 1.2}")
    assert result.says == (
        "TLS: none, wanted at least 1.2; certificate: none, wanted 1 days of one"
    )


def test_two_urls_that_end_alike_pass(start_server: StartServer) -> None:
    url = start_server("uvicorn")
    result = one(url, f"alike: '{url.replace('127.0.0.1', 'localhost')}'")
    assert (result.outcome, len(result.traces)) == ("passed", 2)


def test_the_difference_between_two_urls_is_told(start_server: StartServer) -> None:
    here, away = start_server("uvicorn"), start_server("uvicorn", "close_before_accept")
    names = [url.partition("//")[2].partition("/")[0] for url in (here, away)]
    for first, second in ((here, away), (away, here)):
        result = one(first, f"alike: '{second}'")
        assert result.outcome == "failed"
        assert f"{names[0]}: open until we closed it" in result.says
        assert f"{names[1]}: 403 Forbidden" in result.says


def test_two_urls_that_end_alike_in_a_way_that_was_not_declared_fail(
    start_server: StartServer,
) -> None:
    away = start_server("uvicorn", "close_before_accept")
    result = one(away, f"alike: '{away}'")
    assert result.says == "expected: open until we close it; it was: 403 Forbidden"


def test_what_only_one_url_says_makes_a_difference(start_server: StartServer) -> None:
    here, away = start_server("uvicorn"), start_server("uvicorn", "silent")
    keys = "steps: [{send: hi}, {expect: hi, within: 0.3}]"
    result = one(here, f"alike: '{away}', {keys}")
    assert "a message matching 'hi' did not come within 0.3 s" in result.says
    assert "open until we closed it" in result.says
