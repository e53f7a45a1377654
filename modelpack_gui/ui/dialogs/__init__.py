"""Dialogs: they ask, they never work."""
