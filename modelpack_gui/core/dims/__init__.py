"""Dynamic axes: their names, the changes to them that a fix makes, and what a probe found."""
