"""What is drawn on the nodes: where it comes from, its colours, legend, picker and columns of the table."""
