"""Tools for agents, over the Model Context Protocol; each call is a process of its own."""
