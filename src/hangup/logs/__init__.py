"""The server's and the proxy's logs as a vantage: what they hold becomes incidents and counts."""
