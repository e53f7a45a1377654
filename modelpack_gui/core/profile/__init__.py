"""Where the time of a runner goes, and why another one takes longer."""
