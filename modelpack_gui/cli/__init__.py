"""The command line: the same stages as the window, with no Qt import."""
