"""Lines of a recorder are found in the text of a URL that grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from seen_examples import HANGUP_ID, caught
from test_reading_lines import INCIDENT

from hangup.errors import UsageError
from hangup.store.fetched_lines import FRESH, FetchedLines


class Served:
    """A text that a server on loopback gives, and what it was asked with."""

    def __init__(self) -> None:
        self.text, self.status = b"INFO:     Started server process [7]\n", 200
        self.authorization: list[str | None] = []


@pytest.fixture
def served() -> Iterator[tuple[Served, str]]:
    content = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content.authorization.append(self.headers.get("Authorization"))
            self.send_response(content.status)
            self.end_headers()
            self.wfile.write(content.text)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield content, f"127.0.0.1:{server.server_address[1]}/recorder.log"
    server.shutdown()
    thread.join()
    server.server_close()


def found(lines: FetchedLines) -> list[str]:
    """What was caught, once what was fetched before is no longer fresh."""
    deadline = time.monotonic() + 5 * FRESH
    while time.monotonic() < deadline:
        if told := lines.caught_on([HANGUP_ID]):
            return [each.exception for each in told]
    return []


def test_what_comes_after_the_beginning_is_found(served: tuple[Served, str]) -> None:
    content, url = served
    lines = FetchedLines(f"http://{url}")
    assert lines.caught_on([HANGUP_ID]) == []
    content.text += INCIDENT
    assert found(lines) == [caught().exception]


def test_what_was_there_before_is_not(served: tuple[Served, str]) -> None:
    content, url = served
    content.text += INCIDENT
    assert found(FetchedLines(f"http://{url}")) == []


def test_a_text_that_begins_anew_is_read_from_its_beginning(served: tuple[Served, str]) -> None:
    content, url = served
    content.text = b"an old line\n" * 1000
    lines = FetchedLines(f"http://{url}")
    content.text = INCIDENT
    assert found(lines) == [caught().exception]


def test_a_password_goes_to_the_server_and_into_no_message(served: tuple[Served, str]) -> None:
    content, url = served
    content.status = 403
    with pytest.raises(
        UsageError, match=r"recorder\.log cannot be read: the answer is 403"
    ) as told:
        FetchedLines(f"http://me:s3cret@{url}?token=t0ken")
    assert content.authorization == ["Basic bWU6czNjcmV0"]
    assert not any(secret in str(told.value) for secret in ("s3cret", "t0ken"))


@pytest.mark.parametrize(
    ("text", "why"),
    [(b"SQLite format 3\0", "is a store and no lines"), (b"a\0b", "gives no lines of a recorder")],
)
def test_what_is_no_text_is_refused(served: tuple[Served, str], text: bytes, why: str) -> None:
    content, url = served
    content.text = text
    with pytest.raises(UsageError, match=why):
        FetchedLines(f"http://{url}")
