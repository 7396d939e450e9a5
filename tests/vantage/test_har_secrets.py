"""No credential of a HAR file is kept, wherever it stands."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from har_examples import BEGAN, entry, read

from hangup.errors import UnreadableHarError
from hangup.trace import dump_traces


def test_no_credential_is_kept() -> None:
    request = {
        "url": "wss://user:pass-word@app.example/ws?token=query-secret&room=1",
        "headers": [
            {"name": "authorization", "value": "Bearer bearer-secret"},
            {"name": "Cookie", "value": "sid=cookie-secret; theme=dark"},
        ],
    }
    said = "query-secret bearer-secret cookie-secret pass-word made-secret"
    message = {"type": "send", "time": BEGAN + 1, "opcode": 1, "data": said}
    response = {
        "status": 101,
        "headers": [{"name": "set-cookie", "value": "sid=made-secret; HttpOnly"}],
    }
    trace = read(entry(request=request, response=response, _webSocketMessages=[message]))
    assert "secret" not in repr(trace)
    assert "pass-word" not in repr(trace)
    assert trace.url == "wss://app.example/ws?token=[redacted]&room=1"


@pytest.mark.parametrize(
    ("url", "bearer", "said"),
    [
        ("wss://user:s3cret-word@app.example/ws", "other-one", "s3cret-word"),
        ("wss://user:s3cret%2Fword@app.example/ws", "other-one", "s3cret/word s3cret%2Fword"),
        ("wss://s3cret-user@app.example/ws", "other-one", "s3cret-user"),
        ("wss://s3cret%40user:@app.example/ws", "other-one", "s3cret@user"),
        ("wss://s3cret-label.app.example/ws", "s3cret-label", "hello"),
        ("wss://S3CRET-Label.app.example/ws", "S3CRET-Label", "s3cret-label"),
        ("wss://S3CRET_Label+.app.example/ws", "S3CRET_Label+", "s3cret_label+"),
        ("wss://s3cret-label.app.example/ws?token=s3cret-label", "other-one", "hello"),
    ],
)
@pytest.mark.parametrize("error", ["", "net::ERR_NAME_NOT_RESOLVED", "net::ERR_CONNECTION_REFUSED"])
def test_no_secret_in_the_place_of_a_host_is_kept(
    url: str, bearer: str, said: str, error: str
) -> None:
    headers = [{"name": "Authorization", "value": f"Bearer {bearer}"}]
    host = url.partition("://")[2].partition("/")[0]
    headers += [{"name": "Host", "value": host}, {"name": "Origin", "value": f"https://{host}"}]
    changes: dict[str, Any] = {"request": {"url": url, "headers": headers}}
    changes["_webSocketMessages"] = [{"type": "send", "time": BEGAN, "opcode": 1, "data": said}]
    if error:
        changes["response"] = {"status": 0, "_error": f"{error} at {said}"}
    raw = dump_traces([read(entry(**changes))]).lower()
    assert b"s3cret" not in raw
    assert base64.b64encode(said.encode()).lower() not in raw or said == "hello"


@pytest.mark.parametrize(
    "changes",
    [
        {"request": {"url": "wss://user:s3cret/word@app.example/"}},
        {"request": {"url": "wss://user:s3cret\u2100@app.example/"}},
        {"request": {"url": "wss://user:s3cret@app.example:s3cret/"}},
        {"request": {"url": "wss://user:s3cret@[app.example/"}},
        {"request": {"url": "wss://h/"}, "startedDateTime": "s3cret" * 1000},
    ],
)
def test_a_refusal_quotes_nothing_of_the_file(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableHarError) as caught:
        read(entry(**changes))
    assert "s3cret" not in str(caught.value)
