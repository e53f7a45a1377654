"""Two graphs: which node is which, what differs, and what an optimiser did."""
