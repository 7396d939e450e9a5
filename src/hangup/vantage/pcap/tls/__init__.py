"""TLS in a capture: what it shows by itself, and what it holds where its secrets are known."""
