"""Progress while a campaign runs, for programs: one JSON object a line."""

from __future__ import annotations

import contextlib
import json
from typing import Any, TextIO

import msgspec

from hangup.progress import Concluded, Ended, Progress, Started, Weighed


class ProgressLines:
    """Writes each step to a stream, in place of `Live`; `event` names the step.

    `started` has an experiment's name and question, `ended` its outcome, traces and seconds,
    `weighed` the leading cause (null: healthy) and its confidence, `concluded` the verdict.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, progress: Progress) -> None:
        """Write one step of the campaign."""
        match progress:
            case Started(name, question):
                line = progress_line("started", name=name, question=question)
            case Ended(run, _):
                line = progress_line("ended", **msgspec.to_builtins(run))
            case Weighed(cause, confidence):
                line = progress_line("weighed", cause=cause, confidence=confidence)
            case Concluded(diagnosis, _):
                found = {name: getattr(diagnosis, name) for name in CONCLUDED}
                line = progress_line("concluded", **found)
        # A full disk or a reader that went away is no reason to lose the diagnosis.
        with contextlib.suppress(OSError):
            self._stream.write(line)
            self._stream.flush()


CONCLUDED = ("verdict", "layer", "cause", "confidence", "summary")


def progress_line(event: str, **fields: Any) -> str:
    """Write one object, as a line in ASCII: what a peer said cannot steer a terminal."""
    return json.dumps({"event": event, **fields}) + "\n"
