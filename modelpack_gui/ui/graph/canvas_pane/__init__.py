"""The pane around the canvas: tool bar, breadcrumbs, find bar, menu, what is said while there is no picture."""
