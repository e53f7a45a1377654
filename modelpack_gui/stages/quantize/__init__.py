"""Quantise an ONNX artifact by onnxruntime's own tools, and measure what that costs in accuracy."""
