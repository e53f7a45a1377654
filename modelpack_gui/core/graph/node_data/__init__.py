"""Results about nodes in the files of other viewers: written for them, and read from them as overlays."""
