"""Why something went wrong or will, and what can be done about it."""
