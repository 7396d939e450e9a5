"""The manual page is what the commands say now, and roff reads it without a warning."""

from __future__ import annotations

import shutil
import subprocess

import click
import pytest
from doc_pages import ROOT

from hangup.cli.app import COMMANDS, app

PAGE = ROOT / "docs" / "man" / "hangup.1"


def shown() -> str:
    """Give the page as a reader sees it, without breaks of lines."""
    argv = ["groff", "-man", "-Tascii", "-P-cbou", str(PAGE)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    return " ".join(done.stdout.split())


def test_it_is_plain_ascii_that_begins_with_its_title() -> None:
    text = PAGE.read_text("utf-8")
    assert text.isascii()
    assert text.splitlines()[1].startswith(".TH HANGUP 1 ")


def test_every_command_and_option_is_in_it() -> None:
    text = PAGE.read_text("utf-8").replace("\\-", "-")
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command
        entry = text.partition(f"\n.SS hangup {name}\n")[2].partition("\n.SS hangup")[0]
        options = [p for p in command.params if isinstance(p, click.Option)]
        assert [o.opts for o in options if f"\\fB{', '.join(o.opts)}\\fR" not in entry] == [], name


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff here")
def test_roff_has_nothing_to_warn_of() -> None:
    argv = ["groff", "-man", "-Tascii", "-ww", "-z", str(PAGE)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff here")
def test_what_roff_would_read_is_shown_as_it_is_written() -> None:
    text = shown()
    for name in COMMANDS:
        assert f"hangup {name}" in text
    assert "~/.local/share/bash-completion/completions/hangup" in text
    assert "'Authorization: Bearer T'" in text
