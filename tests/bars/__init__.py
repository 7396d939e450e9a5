"""The bars that the project set itself, each held up to the real program in a process of its own."""
