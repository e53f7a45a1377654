"""One page per stage."""
