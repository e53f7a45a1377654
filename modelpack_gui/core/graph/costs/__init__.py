"""What a graph costs: weights, arithmetic and memory, per node, per module and per op type."""
