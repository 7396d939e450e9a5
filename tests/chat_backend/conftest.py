"""What tests of the chat share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bridge"))  # its Redis serves here as well
