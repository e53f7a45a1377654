"""Python to read: the user's own with its marks, and what we write."""
