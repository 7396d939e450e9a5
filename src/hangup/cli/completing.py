"""Completes a command line for a shell, from tables alone: what it names is not imported."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
    split_arg_string,
)

from hangup.cli.app import COMMANDS, COMPLETE, app, with_command
from hangup.errors import UsageError

NAMES = Path(__file__).with_name("known_names.json")
"""Names of parameters that only slow modules know, written by docs/build_reference.py."""
FILES = frozenset({"FILE", "FILE...", "PATH", "PATH_OR_URL", "FOLDER"})
"""What stands for a file in a usage line."""
ALSO_FILES = frozenset({"compare before", "compare after", "preflight path"})
PLANS = (".yaml", ".yml", ".json")


def complete(environ: Mapping[str, str] = os.environ) -> int:
    """Answer a shell and give the exit status; of what cannot be parsed nothing is said."""
    add_completion_class(_Bash)
    kind = get_completion_class(environ[COMPLETE].partition("_")[0])
    if kind is None:
        return 1
    args, _ = kind(app, {}, "hangup", COMPLETE).get_completion_args()
    try:
        _prepare(args)
        return shell_complete(app, {}, "hangup", COMPLETE, environ[COMPLETE])
    except (click.ClickException, UsageError):
        return 0


def source(shell: str) -> str:
    """Give a shell's function; bash need not be here to write the one for it."""
    add_completion_class(_Bash)
    kind = get_completion_class(shell)
    assert kind is not None
    return ShellComplete.source(kind(app, {}, "hangup", COMPLETE))


def _prepare(args: Sequence[str]) -> None:
    # Types of the command that is called are replaced: this process only answers the shell.
    called = with_command(list(args))
    if called and called[0] in COMMANDS:
        root = click.Context(app, info_name="hangup")
        command = app.get_command(root, called[0])
        assert command is not None
        _give(command, called[0], json.loads(NAMES.read_bytes()))


def _give(command: click.Command, path: str, names: Mapping[str, list[str]]) -> None:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            _give(inner, f"{path} {name}", names)
    for param in command.params:
        key = f"{path} {param.name}"
        if key in names:
            param.type = _Names(names[key])
        elif key == "test plan":
            param.type = _Plans()
        elif param.metavar in FILES or key in ALSO_FILES:
            param.type = click.Path()


class _Names(click.types.StringParamType):
    """One of a list of names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Give the names that begin so."""
        return [CompletionItem(each) for each in self._names if each.startswith(incomplete)]


class _Plans(click.types.StringParamType):
    """A file that can be a plan; any file or folder where there is none."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Give the files of that folder that begin so."""
        folder = incomplete[: incomplete.rfind("/") + 1]
        try:
            found = sorted(f"{folder}{path.name}" for path in Path(folder or ".").iterdir())
        except OSError:
            found = []
        named = (each for each in found if each.startswith(incomplete))
        plans = [each for each in named if each.endswith(PLANS) and "/." not in f"/{each}"]
        return [CompletionItem(each) for each in plans] or [CompletionItem(incomplete, type="file")]


class _Bash(BashComplete):
    """Bash, told of the line itself: its words are cut at each colon, as in every URL."""

    source_template = """\
%(complete_func)s() {
    local type value
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Give the words before the cursor, and the one that it stands in."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)[1:]
        incomplete = words.pop() if words and _last(line) else ""
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Give a value as it must stand on the line after what bash will keep of it."""
        if item.type != "plain":
            return super().format_completion(item)
        typed = _last(os.environ.get("COMP_LINE", ""))
        if typed[:1] in ("'", '"'):
            return f"plain,{item.value}"
        value = re.sub(r"([^\w@%+=:,./-])", r"\\\1", item.value)
        kept = typed[: max(typed.rfind(":"), typed.rfind("=")) + 1]
        return f"plain,{value.removeprefix(kept)}"


def _last(line: str) -> str:
    """Give the last word of a line as it was typed, with its quotes and backslashes."""
    begin, quote, place = 0, "", 0
    while place < len(line):
        char = line[place]
        if char == "\\" and quote != "'":
            place += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char.isspace():
            begin = place + 1
        place += 1
    return line[begin:]
