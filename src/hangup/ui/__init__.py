"""The page in the browser: what was kept of diagnoses, loads, plans, incidents and watches."""
