"""Where the time of one runner goes, operator by operator."""
