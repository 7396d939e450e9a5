"""Small faulty backends with known truth: the studied incident, five more, and a healthy one."""
