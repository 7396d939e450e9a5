"""One endpoint diagnosed again and again: what changed, who is told, and what is kept."""
