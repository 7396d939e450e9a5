"""Each bad input gives exit 2 and one clear sentence, and nothing is sent."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
import trustme
from stand_in import Campaign, Peer, Run

URLS = [
    ("", "URL: it is empty"),
    ("ws://", "URL: there is no host"),
    ("ws:///ws", "URL: there is no host"),
    ("ftp://host/", "URL: the scheme 'ftp' is not one of ws, wss, http and https"),
    ("://host/", "URL: it must begin with ws://, wss://, http:// or https://"),
    ("ws://host/a#b", "URL: a WebSocket URL has no fragment (RFC 6455, 3)"),
    ("ws://host/a b", "URL: a space at position 12 must be percent-encoded"),
    ("ws://host/\r\nX: y", "URL: the control character 0x0d at position 11"),
    ("ws://host:0/", "URL: the port must be a number from 1 to 65535"),
    ("ws://host:65536/", "URL: the port must be a number from 1 to 65535"),
    ("ws://host:http/", "URL: the port must be a number from 1 to 65535"),
    ("ws://host:80:80/", "URL: the host is malformed"),
    ("ws://::1/", "URL: the host is malformed; IPv6 addresses stand in brackets"),
    ("ws://[::1", "URL: the host is malformed"),
    ("ws://[::g]/", "URL: what stands in brackets is no IPv6 address"),
    ("ws://[fe80::1%25eth0]/", "URL: IPv6 zones are not supported"),
    ("ws://ho$t/", "URL: the host is no valid name"),
    ("ws://a..b/", "URL: the host is no valid name"),
    (f"ws://{'a' * 64}.example/", "URL: the host is no valid name"),
    (f"ws://{'ä' * 80}.example/", "URL: the host is no valid internationalized name"),
    ("ws://℀.example/", "URL: the host is no valid name"),
]

OPTIONS = [
    (["-H", "no colon"], "--header: write it as 'Name: value'; there is no colon"),
    (["-H", "Na me: x"], "--header: the name before the colon is no header name"),
    (["-H", ": x"], "--header: the name before the colon is no header name"),
    (["-H", "X-A: b\r\nX-B: c"], "--header: the value of X-A holds the control character 0x0d"),
    (["-H", "X-A: b\x00"], "--header: the value of X-A holds the control character 0x00"),
    (["-H", "X-A:"], "--header: the value of X-A is empty"),
    (["-H", "Upgrade: h2c"], "--header: Upgrade cannot be given: the opening handshake sets it"),
    (["-H", "sec-websocket-protocol: a"], "--header: sec-websocket-protocol cannot be given: use"),
    (["-H", "@/nowhere"], "--header: '/nowhere' cannot be read: no such file or directory"),
    (["-H", "Authorization: a", "--token", "abcd"], "--header: an Authorization is given twice"),
    (["-H", "Origin: http://a", "--origin", "http://b"], "--origin: an Origin is given twice"),
    (["-H", "Origin: a"], "--header: Origin: write it as https://app.example.com, or null"),
    (["--token", ""], "--token: it is empty"),
    (["--token", " abcd"], "--token: it begins or ends with white space"),
    (["--token", "ab\r\ncd"], "--token: the token holds the control character 0x0d"),
    (["--token", "env:HANGUP_NONE"], "--token: the environment variable after env: is not"),
    (["--token", "@/nowhere"], "--token: the file after @ cannot be read: no such"),
    (["--token", "a;b", "--token-in", "cookie"], "--token: it holds characters that no cookie"),
    (["--token", "a=b", "--token-in", "subprotocol"], "--token: it holds characters that no sub"),
    (["--token", "abcd", "--token-name", "a b"], "--token-name: it is no name that a header"),
    (
        ["--token", "abcd", "--token-in", "query", "--token-name", ""],
        "--token-name: it is empty",
    ),
    (["--token-in", "query"], "--token-in: it needs --token"),
    (["--token-name", "jwt"], "--token-name: it needs --token"),
    (["--token-in", "body"], "Invalid value for '--token-in'"),
    (["--other-token", "abcd"], "--other-token: it needs --token"),
    (["--token", "abcd", "--other-token", "abcd"], "--other-token: it is the same as --token"),
    (["--subprotocol", "a b"], "--subprotocol: it must be a token"),
    (["--subprotocol", "a", "--subprotocol", "a"], "--subprotocol: number 2 was given before"),
    (["--origin", "example.com"], "--origin: write it as https://app.example.com, or null"),
    (["--origin", "https://example.com/"], "--origin: an origin ends after the host"),
    (["--origin", "https://a\r\nX: y"], "--origin: the control character 0x0d"),
    (["--expect", "ok", "--expect", "("], "--expect: number 2 is no regular expression: missing )"),
    (["--send", "a", "--scenario", "x"], "--scenario: it cannot be combined with --send"),
    (["--expect", "a", "--scenario", "x"], "--scenario: it cannot be combined with --send"),
    (["--send", "a", "--differently", ""], "--differently: it is empty"),
    (["--send", "a", "--differently", "a"], "--differently: it is the same as the last message"),
    (["--send", "a", "--differently", "\udcff"], "--differently: it is not UTF-8"),
    (["--differently", "a"], "--differently: it needs --send"),
    (["--resume", "\udcff"], "--resume: it is not UTF-8"),
    (["--scenario", "/nowhere"], "/nowhere: it cannot be read: no such file or directory"),
    (["--bypass", "tcp://a"], "--bypass: the scheme 'tcp' is not one of"),
    (["--resolve", "host:80"], "--resolve: write it as HOST:PORT:ADDRESS"),
    (["--resolve", "127.0.0.1:80:name"], "--resolve: what follows HOST:PORT: must be one IP"),
    (["--resolve", "127.0.0.1:x:::1"], "--resolve: the port must be a number from 1 to 65535"),
    (["--resolve", "other:80:127.0.0.1"], "--resolve: nothing connects to other:80"),
    (["-4", "-6"], "-4: it cannot be combined with -6"),
    (["-6"], "-6: the URL's host is an IPv4 address"),
    (["--proxy", "socks5://a:1"], "--proxy: only http:// proxies (CONNECT) can be used"),
    (["--proxy", "http://a:1/x"], "--proxy: a proxy has no path"),
    (["--proxy", ""], "--proxy: it is empty"),
    (["--cacert", "/nowhere"], "--cacert: it has no effect on ws://, which has no TLS"),
    (["--budget", "0"], "--budget: it must be a number of seconds above 0"),
    (["--budget", "-1"], "--budget: it must be a number of seconds above 0"),
    (["--budget", "nan"], "--budget: it must be a number of seconds above 0"),
    (["--budget", "inf"], "--budget: it must be a number of seconds above 0"),
    (["--budget", "x"], "Invalid value for '--budget': 'x' is not a valid float"),
    (["--idle", "0"], "--idle: it must be a number of seconds above 0"),
    (["--idle", "nan"], "--idle: it must be a number of seconds above 0"),
    (["--idle", "60"], "--idle: 60 s do not fit into --budget 30 s"),
    (["--read-slowly", "0"], "--read-slowly: it must be a number of seconds above 0"),
    (["--read-slowly", "inf"], "--read-slowly: it must be a number of seconds above 0"),
    (["--read-slowly", "20"], "--read-slowly: 20 s need --budget 44 at least"),
    (["--read-slowly", "2", "--budget", "7.5"], "--read-slowly: 2 s need --budget 8 at least"),
    (["--max-connections", "0"], "--max-connections: it must be at least 1"),
    (["--crowd", "1"], "--crowd: it must be from 2 to 2000"),
    (["--crowd", "2001"], "--crowd: it must be from 2 to 2000"),
    (["--crowd", "many"], "Invalid value for '--crowd': 'many' is not a valid integer"),
    (["--report", "a.pdf"], "--report: 'a.pdf' must end in .html, .md, .json or .xml"),
    (["--report", "/nowhere/a.html"], "--report: the directory of '/nowhere/a.html' does not"),
    (["--report", "a"], "--report: 'a' must end in .html, .md, .json or .xml"),
    (["--report", ".html"], "--report: '.html' must end in .html, .md, .json or .xml"),
    (["--report", ""], "--report: '' must end in .html, .md, .json or .xml"),
    (["--report", "a.md/"], "--report: 'a.md/' must end in .html, .md, .json or .xml"),
    (["--report", "a.md", "--report", "./a.md"], "--report: './a.md' is also the file of another"),
    (["--reproducer", ".py"], "--reproducer: '.py' must end in .py, .sh or .md"),
    (["--reproducer", "a.exe"], "--reproducer: 'a.exe' must end in .py, .sh or .md"),
    (["--save", "/"], "--save: '/' is a directory"),
    (["--save", "/proc/x"], "--save: '/proc/x' cannot be written"),
    (["--save", "a.md", "--report", "./a.md"], "--save: 'a.md' is also the file of another"),
    (["-q", "-v"], "--quiet: it cannot be combined with --verbose"),
    (["--bogus"], "No such option '--bogus'"),
    (["extra"], "URL: one is wanted, not 2; put values with spaces in quotes"),
]


@pytest.mark.parametrize(("url", "sentence"), URLS)
def test_a_bad_url_is_refused(run: Run, url: str, sentence: str) -> None:
    campaign = Campaign()
    outcome = run("diagnose", url, campaign=campaign)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"hangup: {sentence}")
    assert outcome.err.count("\n") == 1
    assert campaign.inquiries == []


@pytest.mark.parametrize(("options", "sentence"), OPTIONS)
def test_a_bad_option_is_refused_and_nothing_is_sent(
    run: Run, peer: Peer, options: list[str], sentence: str
) -> None:
    campaign = Campaign()
    outcome = run(peer.url, *options, campaign=campaign)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"hangup: {sentence}")
    assert outcome.err.count("\n") == 1
    assert campaign.inquiries == []
    assert not peer.was_called


def test_a_crowd_for_which_this_process_has_no_files_is_refused(
    run: Run, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 100))
    outcome = run(peer.url, "--crowd", "64")
    assert outcome.err.startswith("hangup: --crowd: this process may open 100 files only")
    assert not peer.was_called


def test_a_bypass_that_is_the_url_is_refused(run: Run, peer: Peer) -> None:
    outcome = run(peer.url, "--bypass", peer.url)
    assert outcome.err.startswith("hangup: --bypass: it is the URL itself")


def test_userinfo_beside_a_token_is_refused(run: Run) -> None:
    outcome = run("ws://user:hunter22@host/", "--token", "abcd")
    assert outcome.err.startswith("hangup: URL: its user and password and another Authorization")
    assert "hunter22" not in outcome.err


def test_no_url_is_refused(run: Run) -> None:
    assert run("--json").err.startswith("hangup: URL: it is missing")


def test_an_unknown_command_is_refused_with_the_known_ones(run: Run) -> None:
    outcome = run("localhost:8000")
    assert outcome.status == 2
    assert "a URL begins with ws://" in outcome.err
    assert "diagnose" in outcome.err


def test_a_read_only_file_is_refused_as_a_report(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "a.html"
    report.touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    outcome = run("ws://host/", "--report", str(report))
    assert outcome.err.endswith("cannot be written: permission denied\n")


@pytest.mark.parametrize("option", ["--report", "--reproducer", "--save"])
def test_a_directory_is_refused_as_a_file(run: Run, tmp_path: Path, option: str) -> None:
    (tmp_path / "a.md").mkdir()
    outcome = run("ws://host/", option, str(tmp_path / "a.md"))
    assert outcome.status == 2
    assert outcome.err == f"hangup: {option}: '{tmp_path}/a.md' is a directory\n"


def test_a_refused_run_leaves_no_report_behind(run: Run, tmp_path: Path) -> None:
    assert run("ws://host/#x", "--report", str(tmp_path / "a.html")).status == 2
    assert list(tmp_path.iterdir()) == []


class Files:
    """Certificate files of a made-up authority."""

    def __init__(self, at: Path) -> None:
        authority = trustme.CA()
        mine, other = authority.issue_cert("client.test"), authority.issue_cert("other.test")
        self.ca, self.both = str(at / "ca.pem"), str(at / "both.pem")
        self.cert, self.key = str(at / "cert.pem"), str(at / "key.pem")
        self.other_key, self.text = str(at / "other.pem"), str(at / "text.txt")
        authority.cert_pem.write_to_path(self.ca)
        mine.private_key_and_cert_chain_pem.write_to_path(self.both)
        mine.cert_chain_pems[0].write_to_path(self.cert)
        mine.private_key_pem.write_to_path(self.key)
        other.private_key_pem.write_to_path(self.other_key)
        Path(self.text).write_text("no certificate\n")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("pem"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--cacert {text}", "--cacert: '{text}' holds no certificate in PEM form"),
        ("--cacert {key}", "--cacert: '{key}' holds no certificate in PEM form"),
        ("--cacert /nowhere", "--cacert: '/nowhere' cannot be read: no such file or directory"),
        ("--cacert /dev/zero", "--cacert: '/dev/zero' is not a regular file"),
        ("--cacert {ca} -k", "--cacert: it has no effect together with --insecure"),
        ("--cert {text}", "--cert: '{text}' holds no certificate in PEM form"),
        ("--cert {cert}", "--cert: '{cert}' holds no private key; give it with --key"),
        ("--cert {cert} --key {text}", "--key: '{text}' holds no private key in PEM form"),
        ("--cert {cert} --key /nowhere", "--key: the file cannot be read: no such file"),
        ("--cert {cert} --key {other_key}", "--key: the private key does not belong to the"),
        ("--key {key}", "--key: it needs --cert"),
    ],
)
def test_a_bad_certificate_file_is_refused(
    run: Run, files: Files, options: str, sentence: str
) -> None:
    outcome = run("wss://host/", *options.format_map(vars(files)).split())
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"hangup: {sentence.format_map(vars(files))}")


@pytest.mark.parametrize("options", ["--cacert {ca}", "--cert {both}", "--cert {cert} --key {key}"])
def test_good_certificate_files_are_accepted(run: Run, files: Files, options: str) -> None:
    assert run("wss://host/", *options.format_map(vars(files)).split()).status == 0


def test_an_encrypted_key_is_refused_without_asking_for_its_passphrase(
    run: Run, files: Files, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_pem_private_key(Path(files.key).read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret")
        )
    )
    outcome = run("wss://host/", "--cert", files.cert, "--key", str(locked))
    assert outcome.err.startswith("hangup: --key: the private key in")
    assert outcome.err.endswith("is encrypted\n")
