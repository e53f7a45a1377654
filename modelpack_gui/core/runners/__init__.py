"""What configured runners are called."""
