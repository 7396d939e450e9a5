"""What all connections of one recorder share: where failures go, and of which build they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from hangup.incident import Seen, Sink
from hangup.recorder.held import Held
from hangup.recorder.patches import Patches
from hangup.recorder.reconnects import Reconnects
from hangup.recorder.resources import Resources

BUILD_FROM = (
    "HANGUP_BUILD",
    "K_REVISION",
    "GIT_COMMIT",
    "GIT_SHA",
    "SOURCE_VERSION",
    "SOURCE_COMMIT",
    "HEROKU_SLUG_COMMIT",
    "RENDER_GIT_COMMIT",
    "RAILWAY_GIT_COMMIT_SHA",
    "FLY_IMAGE_REF",
    "CI_COMMIT_SHA",
    "GITHUB_SHA",
)
"""Environment variables that name a build, the first one that is set is taken."""
MOST_BUILD = 80


def build_of(environ: Mapping[str, str]) -> str:
    """Name the build that runs; empty when the environment does not tell."""
    return next((environ[name][:MOST_BUILD] for name in BUILD_FROM if environ.get(name)), "")


@dataclass(slots=True)
class Recording:
    """Settings of one recorder. `lost` counts what the sink raised at, `failures` our own bugs."""

    sink: Sink
    payloads: bool = False
    build: str = field(default_factory=lambda: build_of(os.environ))
    resources: Resources = field(default_factory=Resources)
    held: Held = field(default_factory=Held)
    patches: Patches = field(default_factory=Patches)
    reconnects: Reconnects = field(default_factory=Reconnects)
    lost: int = 0
    failures: int = 0

    def put(self, seen: Seen) -> None:
        """Give it to the sink, whatever that does with it."""
        try:
            self.sink.put(seen)
        except Exception:  # noqa: BLE001 - no sink may harm the application, and it is counted
            self.lost += 1
