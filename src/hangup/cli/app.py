"""The commands, imported only when they are called, and `hangup URL` for `hangup diagnose URL`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from hangup import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "diagnose": "Say who hung up, in which layer, and why; `hangup URL` is short for it.",
    "judge": "Judge saved traces again, without a network.",
    "explain": "Judge what a browser's HAR file, or a file of traces, can tell.",
    "draw": "Draw a connection: a picture as SVG, or a Mermaid diagram for an issue.",
    "record": "Run an ASGI server with the recorder switched on, its code untouched.",
    "incidents": "Show what the recorder caught, grouped by what went wrong.",
    "init": "Write a first test plan: from a look, an AsyncAPI document or a recording.",
    "test": "Run a test plan: checks with one declared end each, in phases with gates.",
    "compare": "Say what changed between two runs of a test plan.",
    "load": "Open many connections on a schedule, and say what breaks first.",
    "watch": "Diagnose endpoints again and again, and tell what changed.",
    "shrink": "Find the smallest message that still breaks the connection.",
    "preflight": "Read server code for what will close sockets at run time.",
    "logs": "Find the incidents in the logs of servers and proxies.",
    "mcp": "Serve hangup's tools to an agent, over the Model Context Protocol.",
    "demo": "Diagnose an embedded backend with a known fault.",
    "chat": "Serve the reference agent-chat backend.",
    "ui": "Show what was found in the browser, and diagnose from there.",
    "completion": "Print the completion of a shell: bash, zsh or fish.",
    "lab": "Run worlds with known faults, and score how often the verdict is right.",
}
"""Each is the command of that name in the module of that name."""

COMPLETE = "_HANGUP_COMPLETE"
"""The variable that a shell sets when it asks how a command line goes on."""
OWN_OPTIONS = ("--help", "-h", "--version")
CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "HANGUP"}


class Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hangup.cli.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table; nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first word from the table; nothing is imported for it."""
        from click.shell_completion import CompletionItem  # here: only a shell asks for it

        named = ((name, says) for name, says in COMMANDS.items() if name.startswith(incomplete))
        items = [CompletionItem(name, help=says) for name, says in named]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word `diagnose` in when it was left out."""
        return super().parse_args(ctx, with_command(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say what could have been meant."""
        if args[0] not in COMMANDS:
            raise click.UsageError(
                # It is not quoted: a URL that lost its scheme may hold a credential.
                "the first word is no command, and a URL begins with ws://, wss://, http:// "
                f"or https://; the commands are {', '.join(COMMANDS)}"
            )
        return super().resolve_command(ctx, args)


def with_command(args: list[str]) -> list[str]:
    """Give the arguments with their command: what begins with a URL or an option is `diagnose`."""
    if not args or args[0] in COMMANDS or args[0] in OWN_OPTIONS:
        return args
    if "://" in args[0] or args[0].startswith("-"):
        return ["diagnose", *args]
    return args


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings=CONTEXT,
    epilog="`hangup COMMAND --help` explains a command's options.",
)
@click.version_option(
    __version__,
    prog_name="hangup",
    message="%(prog)s %(version)s",
    allow_from_autoenv=False,  # HANGUP_VERSION may well pin what a CI job installs
)
@click.pass_context
def app(ctx: click.Context) -> None:
    """Say who hung up a WebSocket, in which layer, and why, with evidence."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)
