"""Compare an artifact with eager PyTorch."""
