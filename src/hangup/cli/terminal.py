"""The terminal on stdout; NO_COLOR, FORCE_COLOR, TERM and COLUMNS are respected."""

from __future__ import annotations

import sys

from rich.console import Console


class Terminal(Console):
    """A console that leaves it to its caller what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Let the error through, where rich would end the program with status 1."""
        raise BrokenPipeError


def make_terminal(*, color: bool) -> Terminal:
    """Give the terminal; without colour not even bold or dim is written."""
    if color:
        return Terminal(file=sys.stdout, highlight=False)
    return Terminal(file=sys.stdout, highlight=False, no_color=True, color_system=None)
