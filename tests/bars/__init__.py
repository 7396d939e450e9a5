"""The bars that the project set itself, held up to the real program in its own process."""
