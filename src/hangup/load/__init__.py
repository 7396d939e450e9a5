"""Many conversations on a schedule: how an endpoint bears them, and what breaks first."""
