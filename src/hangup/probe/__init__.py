"""Opens one WebSocket step by step and records what happens at each."""
