"""Test plans: checks with one declared end each, in phases with gates."""
