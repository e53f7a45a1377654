"""What is asked of a benchmark, and what its figures mean."""
