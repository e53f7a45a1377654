"""Read the graph of an artifact, ONNX or TorchScript, into plain records."""
