"""Where what was seen is kept, or passed on: databases, lines on stderr, spans."""

from __future__ import annotations

from hangup.store.kept import Store
from hangup.store.reading import Stored, open_stored

__all__ = ["Store", "Stored", "open_stored"]
