"""Judge an artifact against what was asked."""
