"""Compares the graphs of two files, or of a file with what ONNX Runtime makes of it."""
