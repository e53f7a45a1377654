"""Plain records and rules that every side of the app shares. Standard library only."""
