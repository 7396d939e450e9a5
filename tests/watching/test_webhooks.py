"""A webhook is told in time or counted as failed, and shows nothing of its credentials."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest
import trustme
from hooked import OK, Answer, answer, drip, hang, hooked

from hangup.errors import UsageError
from hangup.lab.process import free_port
from hangup.watching.hooks import MOST_WAITING, Deliveries, HookFailedError, News
from hangup.watching.webhook import Webhook, parse_webhook

NEWS = News(b'{"event": "changed"}', {})


def webhook(port: int, within: float = 5.0, path: str = "/hook/s3cret-path?k=s3cret") -> Webhook:
    return parse_webhook(f"http://127.0.0.1:{port}{path}", "--webhook", within)


async def delivered(hook: Webhook, count: int = 1) -> tuple[int, int, list[str]]:
    """Tell a hook some news; give how many were delivered, how many failed, and why."""
    why: list[str] = []
    deliveries = Deliveries(hook, lambda _, text: why.append(text), backoff=(0.01, 0.02))
    running = asyncio.create_task(deliveries.run())
    for _ in range(count):
        deliveries.put(NEWS)
    await deliveries.drain()
    running.cancel()
    return deliveries.counts.delivered, deliveries.counts.failed, why


@pytest.mark.asyncio
async def test_the_document_is_posted_as_json() -> None:
    async with hooked(OK) as seen:
        assert await delivered(webhook(seen.port)) == (1, 0, [])
    assert seen.bodies == [NEWS.body]
    assert seen.heads[0].startswith("POST /hook/s3cret-path?k=s3cret HTTP/1.1\r\n")
    assert "content-type: application/json\r\n" in seen.heads[0].lower()


@pytest.mark.asyncio
async def test_user_and_password_travel_as_basic() -> None:
    async with hooked(OK) as seen:
        await delivered(parse_webhook(f"http://me:p%40ss@127.0.0.1:{seen.port}/", "w", 5.0))
    assert "authorization: basic bwu6cebzcw==\r\n" in seen.heads[0].lower()


@pytest.mark.asyncio
async def test_news_arrive_in_order() -> None:
    async with hooked(OK) as seen:
        assert await delivered(webhook(seen.port), count=5) == (5, 0, [])
    assert len(seen.bodies) == 5


@pytest.mark.asyncio
@pytest.mark.parametrize("first", [answer(500), answer(429), b"", b"garbage\r\n\r\n"])
async def test_what_may_pass_is_tried_again(first: bytes) -> None:
    async with hooked(first, OK) as seen:
        assert await delivered(webhook(seen.port)) == (1, 0, [])
    assert len(seen.bodies) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "tries"), [(404, 1), (302, 1), (503, 3)])
async def test_another_answer_is_a_failure(status: int, tries: int) -> None:
    async with hooked(answer(status)) as seen:
        assert await delivered(webhook(seen.port)) == (0, 1, [f"it answered {status}"])
    assert len(seen.bodies) == tries


@pytest.mark.asyncio
@pytest.mark.parametrize("never", [hang, drip])
async def test_no_answer_in_time_is_a_failure(never: Answer) -> None:
    began = time.monotonic()
    async with hooked(never) as seen:
        found = await delivered(webhook(seen.port, within=0.1))
    assert found == (0, 1, ["no answer within 0.1 s"])
    assert time.monotonic() - began < 5.0


@pytest.mark.asyncio
async def test_a_head_without_end_is_a_failure() -> None:
    async with hooked(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000) as seen:
        with pytest.raises(HookFailedError):
            await webhook(seen.port).tell(NEWS)


@pytest.mark.asyncio
async def test_a_host_that_refuses_is_a_failure() -> None:
    delivered_, failed, (why,) = await delivered(webhook(free_port()))
    assert (delivered_, failed) == (0, 1)
    assert "connect" in why


@pytest.mark.asyncio
async def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with hooked(OK, tls=context) as seen:
        hook = parse_webhook(f"https://127.0.0.1:{seen.port}/", "w", 5.0)
        with pytest.raises(HookFailedError, match=r"TLS failed: .*certificate"):
            await hook.tell(NEWS)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        await hook.tell(NEWS)
    assert len(seen.bodies) == 1


@pytest.mark.asyncio
async def test_so_many_changes_wait_and_no_more() -> None:
    why: list[str] = []
    deliveries = Deliveries(webhook(free_port()), lambda _, text: why.append(text))
    for _ in range(MOST_WAITING + 3):
        deliveries.put(NEWS)
    assert (deliveries.counts.failed, len(why)) == (3, 3)


def test_what_is_shown_is_the_origin_alone() -> None:
    hook = parse_webhook("https://me:s3cret@hooks.example.com/s3cret?s3cret#s3cret", "w", 5.0)
    assert hook.name == "https://hooks.example.com"
    assert "s3cret" not in repr(hook)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://host/s3cret",
        "host/s3cret",
        "http:///s3cret",
        "http://host:0/s3cret",
        "http://host:99999/s3cret",
        "http://[::1/s3cret",
        "http://ho st/s3cret",
        "http://host/s3cret\r\nX: y",
        "http://\u2028/s3cret",
        "",
    ],
)
def test_what_is_no_url_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_webhook(text, "--webhook", 5.0)
    assert str(refused.value).startswith("--webhook: it")
    assert "s3cret" not in str(refused.value)
