"""Fuzzing of every parser that reads foreign bytes; see CONTRIBUTING.md."""
