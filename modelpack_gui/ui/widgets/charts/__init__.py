"""Charts: what they share, their legends, marks and pictures."""
