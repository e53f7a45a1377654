"""Where the time of a runner goes."""
