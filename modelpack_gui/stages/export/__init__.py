"""Export a model to ONNX or TorchScript."""
