"""Stored tensors: read slice by slice, described, and handed out as arrays."""
