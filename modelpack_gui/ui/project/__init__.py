"""The project of a window: its recipe, its files, its jobs, and the edits that can be undone."""
