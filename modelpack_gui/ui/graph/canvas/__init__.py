"""The drawing of a graph: one widget that paints what is in view from arrays."""
