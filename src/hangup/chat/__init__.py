"""The reference agent-chat backend: agents that answer users over the bridge."""
