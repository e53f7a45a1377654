"""The sweep of a benchmark."""
