"""The repro stage: the smallest part of an artifact that still fails, as a zip for a bug report."""
