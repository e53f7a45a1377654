"""Read an ONNX file into plain records."""
