"""The export page: choices before an export, and what came of it."""
