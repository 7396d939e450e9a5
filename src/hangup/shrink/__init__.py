"""The smallest message that still breaks a connection: a pure search, and the trials that ask."""
