"""Look ahead of an export for what will fail or be silently wrong."""
