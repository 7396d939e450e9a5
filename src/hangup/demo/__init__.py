"""The reference chat with faults of known truth: the studied incident, five more, and none."""
