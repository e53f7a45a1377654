"""Find, construct and describe a model from code or from a saved file, its checkpoint and its example inputs."""
