"""The export matrix: one cell from export to parity, and a quick look at the latency of an artifact."""
