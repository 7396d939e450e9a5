"""Puts the recorder around the application of a server that knows nothing of it."""
