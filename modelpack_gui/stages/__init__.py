"""The work itself: each stage is a function from a spec to a record. torch and onnx are imported here only."""
