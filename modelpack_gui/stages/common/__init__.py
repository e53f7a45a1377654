"""What several stages share: captured warnings, paths and atomic writes."""
