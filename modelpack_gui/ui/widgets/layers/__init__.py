"""The comparison layer by layer."""
