"""Compare an artifact with eager PyTorch, or a bare ONNX file with onnx.reference."""
