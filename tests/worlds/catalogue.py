"""All worlds, layer by layer."""

from __future__ import annotations

from . import healthy

WORLDS = (*healthy.WORLDS,)
