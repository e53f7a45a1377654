"""The source page: the model, its checkpoint, its example inputs, and what loading it gave."""
