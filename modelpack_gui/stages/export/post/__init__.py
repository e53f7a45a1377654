"""Steps after an export: each makes another file of the artifact, and is kept only if that agrees with the model."""
