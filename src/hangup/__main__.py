"""The program's entry: runs a command and gives its exit status."""

from __future__ import annotations

import sys

try:
    import errno
    import gc
    import os
    import signal
    from collections.abc import Sequence
    from types import FrameType

    import click

    from hangup.cli.app import COMPLETE, app
    from hangup.cli.failing import (
        BUG,
        INCONCLUSIVE,
        INTERRUPTED,
        USAGE,
        carried,
        complain,
        drop_stdout,
        reason_of,
        report_bug,
        suspects,
    )
    from hangup.cli.session import Session
    from hangup.errors import HangupError, UsageError
except KeyboardInterrupt:  # Ctrl-C before there is anything that could print a result
    sys.exit(130)

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What writing help or a list to stdout runs into; files of ours are written where it is caught."""
MOST_UNCOLLECTED = 20_000
"""New objects that start a collection; at Python's 700 loading our modules runs fifty."""


def main(args: Sequence[str] | None = None, session: Session | None = None) -> int:
    """Run the command line and give the exit status; `args` are without the program's name."""
    if args is None:  # as the program, not as a function of somebody else's
        gc.set_threshold(MOST_UNCOLLECTED)
        signal.signal(signal.SIGTERM, _as_ctrl_c)
        if COMPLETE in os.environ:
            from hangup.cli.completing import complete  # here: only a shell asks for it

            return complete()
    args = list(sys.argv[1:] if args is None else args)
    session = session or Session()
    _open_streams()
    try:
        status = app.main(args, prog_name="hangup", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as exc:
        complain(exc.format_message(), [*session.secrets, *suspects(args)])
        return USAGE
    except UsageError as exc:
        complain(str(exc), [*session.secrets, *carried(args)])
        return USAGE
    except HangupError as exc:
        for line in str(exc).splitlines():
            complain(line, session.secrets)
        return INCONCLUSIVE
    except BrokenPipeError:
        drop_stdout()
        return 0
    except OSError as exc:
        if exc.errno not in FULL:
            report_bug(exc, [*session.secrets, *suspects(args)])
            return BUG
        drop_stdout()
        complain(f"stdout cannot be written: {reason_of(exc)}", ())
        return USAGE
    except Exception as exc:  # noqa: BLE001 - the one place where a bug of ours becomes a status
        report_bug(exc, [*session.secrets, *suspects(args)])
        return BUG


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    """End the run as Ctrl-C would: by asyncio's handler while a loop runs, in order."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(number, frame)
    else:  # a shell's background job ignores SIGINT; what ends it must still end it
        raise KeyboardInterrupt


def _open_streams() -> None:
    """See to it that printing cannot fail: not on a closed stream, not on its encoding."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - it lives as long as we do
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
