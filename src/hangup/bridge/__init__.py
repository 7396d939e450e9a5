"""Carries an agent's events to its user over WebSockets, in order, each exactly once."""
