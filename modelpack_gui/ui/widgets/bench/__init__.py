"""The benchmark page: runners, settings, runs under load, and the runs that were kept."""
