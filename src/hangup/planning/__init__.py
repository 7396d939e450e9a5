"""First plans, written from what is seen, promised or recorded: `hangup init`."""
