"""What the user granted is the limit of every call, whatever its arguments say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hangup.cli.mcp import mcp
from hangup.errors import HangupError, UsageError
from hangup.mcp_server.grant import Grant
from hangup.mcp_server.order import Order, order
from hangup.mcp_server.server import Tools
from hangup.mcp_server.words import Diagnose, Explain, parse

HERE = "ws://127.0.0.1:9/ws"


def refused(asked: object, grant: Grant) -> str:
    """Give the sentence with which a call is refused."""
    with pytest.raises(UsageError) as caught:
        order(asked, grant)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "ws://example.com/",
        "ws://0.0.0.0/",
        "ws://127.0.0.1.example.com/",
        "ws://127.0.0.1@example.com/",
        "ws://localhost.example.com/",
        "ws://2130706433/",
        "ws://169.254.169.254/latest/meta-data",
        "ws://10.0.0.1/",
        "ws://[fe80::1]/",
        "ws://chat.example.com.evil.example/",
    ],
)
@pytest.mark.parametrize("where", ["url", "bypass"])
def test_a_host_that_was_not_named_is_refused(url: str, where: str) -> None:
    grant = Grant(root=None, hosts=frozenset({"chat.example.com"}))
    asked = Diagnose(**{"url": HERE, where: url})
    assert refused(asked, grant).startswith(f"{where}: ")
    assert "may not be dialled" in refused(asked, grant)


@pytest.mark.parametrize(
    "url", [HERE, "ws://localhost:9/", "ws://[::1]:9/", "wss://chat.example.com/ws"]
)
def test_this_machine_and_named_hosts_may_be_dialled(url: str) -> None:
    grant = Grant(root=None, hosts=frozenset({"chat.example.com"}))
    assert order(Diagnose(url=url), grant).args[-1] == url


def test_a_credential_stands_in_the_environment_and_not_on_the_command_line() -> None:
    grant = Grant(root=None, tokens=frozenset({"CHAT"}))
    asked = Diagnose(
        url=HERE, token="env:CHAT", other_token="written-out", header=("A: secret", "B: 2")
    )
    ordered = order(asked, grant)
    assert ordered.environ == {
        "HANGUP_TOKEN": "env:CHAT",
        "HANGUP_OTHER_TOKEN": "written-out",
        "HANGUP_HEADER": "A: secret\nB: 2",
    }
    assert ordered.secrets == ("written-out",)
    assert "secret" not in " ".join(ordered.args)
    assert "written-out" not in repr(ordered)


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("@token.txt", "no file can be named here"),
        ("env:AWS_SECRET_ACCESS_KEY", "this environment variable may not be sent"),
        ("env:", "this environment variable may not be sent"),
        ("", "it is empty"),
    ],
)
@pytest.mark.parametrize("where", ["token", "other_token"])
def test_no_file_and_no_other_variable_is_sent(token: str, says: str, where: str) -> None:
    grant = Grant(root=None, tokens=frozenset({"CHAT"}))
    assert says in refused(Diagnose(**{"url": HERE, where: token}), grant)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "link/passwd", "a/../../x", "/proc/self/environ", "~/x"]
)
def test_no_file_outside_of_the_root_is_read(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "x").write_text("")
    (root / "link").symlink_to("/etc")
    said = refused(Explain(file=name), Grant(root=root.resolve()))
    assert "lies outside of" in said or "there is no such file" in said


def test_every_file_that_is_named_lies_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").touch()
    grant = Grant(root=tmp_path.resolve())
    keyed = order(Explain(file="a.pcap", keylog="a.pcap"), grant)
    assert keyed.args == ("explain", "--json", "--keylog=./a.pcap", "--", "./a.pcap")
    elsewhere = {"code": "/etc", "recorder": "/etc/passwd", "logs": ("/etc/passwd",)}
    for name, path in elsewhere.items():
        assert refused(Diagnose(**{"url": HERE, name: path}), grant).startswith(f"{name}: it lies")
    assert "keylog: it lies" in refused(Explain(file="a.pcap", keylog="/etc/passwd"), grant)


@pytest.mark.parametrize("name", ["-", "--help", "@x", "plain.har"])
def test_no_name_of_a_file_is_read_as_anything_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    ordered = order(Explain(file=name), Grant(root=tmp_path.resolve()))
    assert ordered.args[-2:] == ("--", f"./{name}")


def test_without_a_root_no_file_is_read() -> None:
    assert "no file may be read" in refused(Explain(file="x"), Grant(root=None))


def test_the_usual_limits_never_exceed_what_is_granted() -> None:
    ordered = order(Diagnose(url=HERE), Grant(root=None, max_budget=5, max_connections=3))
    assert {"--budget=5", "--max-connections=3"} <= set(ordered.args)
    assert order(Diagnose(url=HERE), Grant(root=None)).seconds < 60


def test_arguments_become_options_as_they_are() -> None:
    asked = parse(
        "diagnose",
        {"url": HERE, "send": ["--json", "x"], "expect": ["^a$"], "token_in": "query", "idle": 3},
    )
    args = order(asked, Grant(root=None)).args  # type: ignore[arg-type]
    assert {"--send=--json", "--send=x", "--expect=^a$", "--token-in=query", "--idle=3.0"} <= {
        *args
    }


def test_trust_is_given_only_where_there_is_tls(tmp_path: Path) -> None:
    grant = Grant(root=None, insecure=True)
    assert "--insecure" not in order(Diagnose(url=HERE), grant).args
    assert "--insecure" in order(Diagnose(url="wss://localhost/"), grant).args


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--max-budget", "0"], "--max-budget: it must be a number of seconds above 0"),
        (["--max-connections", "0"], "--max-connections: it must be at least 1"),
        (["--root", "nowhere"], "--root: 'nowhere' cannot be read"),
        (["--cacert", "nowhere"], "--cacert: there is no file 'nowhere'"),
        (["--cacert", "x", "-k"], "it has no effect together with --insecure"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(args: list[str], says: str) -> None:
    with pytest.raises(HangupError, match=says):
        mcp.main(args, standalone_mode=False)


@pytest.mark.parametrize("place", ["/", "home"])
def test_the_root_and_the_home_are_no_choice_of_a_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    from hangup.cli.mcp import _root

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path if place == "home" else place)
    assert _root(None) is None
    assert _root(".") == Path.cwd()


@pytest.mark.asyncio
async def test_a_bug_is_an_answer_and_the_next_call_is_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from mcp_types import CallToolRequestParams

    tools = Tools(None)  # type: ignore[arg-type]
    given = {"url": HERE, "token": "a-secret-of-mine"}
    broken = await tools.called(None, CallToolRequestParams(name="diagnose", arguments=given))
    assert broken.is_error
    assert "which is a bug" in broken.content[0].text  # type: ignore[union-attr]
    errors = capsys.readouterr().err
    assert "AttributeError" in errors
    assert "a-secret-of-mine" not in errors
    found = await tools.called(
        None, CallToolRequestParams(name="lookup", arguments={"what": "1006"})
    )
    assert not found.is_error


def test_an_order_says_nothing_of_itself() -> None:
    assert repr(Order(args=("x",), environ={"HANGUP_TOKEN": "s"})) == "Order(...)"
