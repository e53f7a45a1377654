"""The work: each stage is a function from a request to a record. torch and onnx are imported here only."""
