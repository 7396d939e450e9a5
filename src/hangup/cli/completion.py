"""Prints what makes a shell complete hangup's commands, options and names."""

from __future__ import annotations

import click

from hangup.cli.app import CONTEXT
from hangup.cli.output import Output

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\b
hangup completion bash > ~/.local/share/bash-completion/completions/hangup
hangup completion zsh > "${fpath[1]}/_hangup"
hangup completion fish > ~/.config/fish/completions/hangup.fish"""


@click.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the completion of SHELL: bash (4.4 or later), zsh or fish."""
    from hangup.cli.completing import source  # here: only when it is asked for

    output = Output()
    with output.printing():
        print(source(shell))
    return output.status(0)
