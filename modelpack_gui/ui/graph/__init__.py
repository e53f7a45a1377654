"""The graph inspector: the state behind the Graph page, and what is drawn of it."""
