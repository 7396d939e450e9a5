"""Vantages other than our own probe: what others recorded, read into the same events."""
