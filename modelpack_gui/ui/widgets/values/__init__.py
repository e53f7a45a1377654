"""The values of one output, seen."""
