"""All worlds, layer by layer."""

from __future__ import annotations

from . import below_http, healthy

WORLDS = (*healthy.WORLDS, *below_http.WORLDS)
