"""Statistics of latencies: figures, their intervals, and reasons to doubt them."""
