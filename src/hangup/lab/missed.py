"""Worlds that hangup does not judge rightly, or not each time, and why: counted, not asserted."""

from __future__ import annotations

from collections.abc import Mapping

MISSED: Mapping[str, str] = {}
