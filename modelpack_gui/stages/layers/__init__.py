"""Layer by layer: the values inside an artifact against those inside the eager run, and the first node at fault."""
