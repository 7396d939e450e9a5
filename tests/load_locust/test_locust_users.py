"""Users come and go as Locust says, over TLS too."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from counting_server import counting
from locust_runs import locust


def test_both_kinds_of_users_talk_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    monkeypatch.chdir(tmp_path)
    file = "locustfile_secure.py"
    with counting(tls=tls) as server, locust(file, tmp_path, server.url, users=2) as run:
        assert server.wait_until(lambda s: s.over == 2)
        status = run.stop()
    assert status == 0, run.output
    assert sorted(text.partition(" ")[0] for text in server.texts) == ["engine", "socket"]
    assert server.closes == {1000: 2}
    assert run.document["messages"]["sent"] == run.rows["message"]["num_requests"] == 2


def test_users_who_leave_close_their_connections(tmp_path: Path) -> None:
    with counting() as server, locust("locustfile_shape.py", tmp_path, server.url) as run:
        assert server.wait_until(lambda s: s.opened == 6)
        assert server.wait_until(lambda s: s.over == 4)
        assert server.opened - server.over == 2
        assert run.wait() == 0, run.output
    assert server.closes == {1001: 6}
    assert run.document["messages"]["sent"] == server.messages
    assert run.rows["closure"]["num_requests"] == 6
