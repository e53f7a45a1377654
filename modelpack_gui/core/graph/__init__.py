"""An artifact's graph in columns: written once by the worker, read by the window, the layout and the command line."""
