"""Which nodes are shown as one: the tree of groups of each graph."""
