"""Export a model to ONNX, TorchScript or an ExportedProgram (.pt2), with the steps that may follow."""
