"""The near side of the process boundary: starts, steers and stops worker processes."""
