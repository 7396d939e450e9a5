"""Captures of packets as evidence: what was on the wire, with the sides that ended it."""
