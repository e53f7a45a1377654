"""Find, construct and describe a model and its checkpoint."""
