"""Time one runner in its own process."""
