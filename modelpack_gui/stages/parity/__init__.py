"""Compare an artifact with eager PyTorch, with another artifact, or with itself in another runtime."""
