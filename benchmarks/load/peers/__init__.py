"""What a load is held against: other tools for load, each with its workload, and a client in C."""
