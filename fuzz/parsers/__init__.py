"""One file for each parser: how it is called, and what must be true whatever it is given."""
