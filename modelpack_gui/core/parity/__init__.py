"""How parity is tried and judged."""
