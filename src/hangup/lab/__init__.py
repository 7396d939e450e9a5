"""Real servers and proxies, started on loopback for tests, for the demo and for fault worlds."""
