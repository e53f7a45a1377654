"""Read the graph of an artifact, whatever its format, into plain records."""
